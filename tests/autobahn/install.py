#!/usr/bin/env python3
"""Puts the Autobahn testsuite below a prefix: install.py PREFIX [--force]

The suite is a Python 2.7 program. What this leaves behind:

    PREFIX/bin/wstest   the launcher
    PREFIX/packages/    the suite and its imports, pinned by hash in the lock*.txt beside this file
    PREFIX/python/      an unpacked (never installed) interpreter, only when the machine has no 2.7

Nothing outside PREFIX changes. A prefix that works already is left alone.
AUTOBAHN_PYTHON=/path/to/python2.7 names the interpreter; AUTOBAHN_PYTHON=unpack unpacks one in any case.
"""
import glob
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
# Debian's last release with a Python 2.7, and what of it the interpreter and two C extensions need.
RELEASE = "bullseye"
PACKAGES = ["python2.7", "python2.7-minimal", "python2.7-dev", "libpython2.7", "libpython2.7-minimal",
            "libpython2.7-stdlib", "libpython2.7-dev", "libssl1.1", "libffi7"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Wheels are built for the wide-unicode ABI (cp27mu) of CPython.
PROBE = ("import sys, ssl, zlib, ctypes, sqlite3; "
         "sys.exit(sys.version_info[:2] != (2, 7) or sys.maxunicode < 65536 or 'PyPy' in sys.version)")
TRIES = 3


def say(text):
    print(f"autobahn: {text}", file=sys.stderr, flush=True)


def run(command, **options):
    return subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL, **options)


def run_again(command, **options):
    """For commands that use the network: a few tries, each later than the one before."""
    for attempt in range(1, TRIES + 1):
        try:
            return run(command, **options)
        except subprocess.CalledProcessError:
            if attempt == TRIES:
                raise
            say(f"try {attempt} failed, once more: {command[0]}")
            time.sleep(4 * attempt)


class Interpreter:
    """A Python 2.7, and the directory of the private libraries that only it may see."""

    def __init__(self, path, libraries=None, headers=()):
        self.path = path
        self.libraries = libraries
        self.headers = headers

    def environment(self, **extra):
        env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        if self.libraries:
            env["LD_LIBRARY_PATH"] = str(self.libraries)
        if self.headers:
            env["CFLAGS"] = " ".join([f"-I{d}" for d in self.headers] + [env.get("CFLAGS", "")])
        env.update(extra)
        return env

    def works(self):
        try:
            quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            return subprocess.run([str(self.path), "-c", PROBE], env=self.environment(), timeout=60, **quiet).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def find_interpreter():
    wish = os.environ.get("AUTOBAHN_PYTHON", "")
    if wish == "unpack":
        return None
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates = [wish] + sorted(glob.glob(f"{pyenv}/versions/2.7.*/bin/python2.7")) + [shutil.which("python2.7")]
    for path in filter(None, candidates):
        found = Interpreter(path)
        if found.works():
            return found
    return None


def unpack_interpreter(prefix):
    """Fetches the packages with apt from the mirror this machine is set up for, into lists and caches of its own."""
    say(f"no Python 2.7 here: unpacking the one of Debian {RELEASE}")
    scratch, root = prefix / "apt", prefix / "python"
    for directory in ("lists/partial", "cache/archives/partial", "deb"):
        (scratch / directory).mkdir(parents=True)
    root.mkdir()
    uris = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
               stdout=subprocess.PIPE, text=True).stdout.split()
    mirrors = [uri for uri in uris if "security" not in uri and "updates" not in uri]
    if not mirrors:
        sys.exit("autobahn: apt has no mirror configured, and there is no Python 2.7 (set AUTOBAHN_PYTHON to one)")
    (scratch / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirrors[0]} {RELEASE} main\n")
    settings = {"Dir::Etc::sourcelist": scratch / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
                "Dir::State::Lists": scratch / "lists", "Dir::Cache": scratch / "cache",
                "Acquire::Languages": "none", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
                "APT::Sandbox::User": "root"}
    apt = ["apt-get", "-qq"] + [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    run_again(apt + ["update"])
    run_again(apt + ["download"] + PACKAGES, cwd=scratch / "deb")
    for package in sorted((scratch / "deb").glob("*.deb")):
        run(["dpkg", "-x", package, root])
    shutil.rmtree(scratch)
    shutil.rmtree(root / "usr/share", ignore_errors=True)
    triplet = next((root / "usr/lib").glob("*-linux-gnu*"))
    include = root / "usr/include"
    found = Interpreter(root / "usr/bin/python2.7", triplet, (include, include / "python2.7"))
    if not found.works():
        sys.exit(f"autobahn: the unpacked {found.path} does not run")
    return found


def bootstrap_pip(python, scratch):
    """Today's pip fetches the last pip for 2.7, which is run from its unpacked wheel."""
    run_again([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes",
               "--only-binary", ":all:", "-d", scratch, "-r", HERE / "lock-boot.txt"])
    for wheel in sorted(scratch.glob("*.whl")):
        run([python.path, "-m", "zipfile", "-e", wheel, scratch / "pip"], env=python.environment())


def install_packages(python, scratch, target, lock):
    environment = python.environment(PYTHONPATH=str(scratch / "pip"))
    run_again([python.path, "-W", "ignore", "-m", "pip", "install", "-q", "--no-python-version-warning",
               "--disable-pip-version-check", "--no-warn-script-location", "--no-deps", "--require-hashes",
               "--no-build-isolation", "--no-use-pep517", "--no-cache-dir", "--target", target, "-r", HERE / lock],
              env=environment, stderr=subprocess.DEVNULL if lock != "lock.txt" else None)


def write_launcher(python, prefix):
    entry = prefix / "wstest.py"
    entry.write_text("import os, site, sys\n"
                     "packages = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'packages')\n"
                     "sys.path.insert(0, packages)\n"
                     "site.addsitedir(packages)\n"
                     "from autobahntestsuite.wstest import run\n"
                     "sys.argv[0] = 'wstest'\n"
                     "run()\n")
    lines = ["#!/bin/sh", "unset PYTHONPATH PYTHONHOME", "export PYTHONUNBUFFERED=1"]
    if python.libraries:
        lines.append(f"export LD_LIBRARY_PATH='{python.libraries}'")
    lines.append(f"exec '{python.path}' -W ignore '{entry}' \"$@\"")
    launcher = prefix / "bin/wstest"
    launcher.parent.mkdir(exist_ok=True)
    launcher.write_text("\n".join(lines) + "\n")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return launcher


def launches(launcher):
    try:
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        return subprocess.run([str(launcher), "-a"], timeout=60, **quiet).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    prefix = pathlib.Path(arguments[0]).resolve()
    if "--force" not in arguments and launches(prefix / "bin/wstest"):
        say("there already")
        return
    for stale in ("apt", "bin", "boot", "packages", "python"):
        shutil.rmtree(prefix / stale, ignore_errors=True)
    scratch = prefix / "boot"
    scratch.mkdir(parents=True)
    python = find_interpreter() or unpack_interpreter(prefix)
    say(f"interpreter {python.path}")
    bootstrap_pip(python, scratch)
    install_packages(python, scratch, prefix / "packages", "lock.txt")
    try:
        install_packages(python, scratch, prefix / "packages", "lock-speedups.txt")
    except subprocess.CalledProcessError:
        say("no speed-ups (a C compiler is missing?): large messages will be slow")
    shutil.rmtree(scratch)
    if not launches(write_launcher(python, prefix)):
        sys.exit("autobahn: wstest is installed but does not start")
    say(f"installed {prefix / 'bin/wstest'}")


main(sys.argv[1:])
