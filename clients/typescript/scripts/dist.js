// Builds dist/ from src/ and checks that the committed dist/ is what a build gives.
//
//   node scripts/dist.js build    compile into dist/ and write dist/manifest.txt
//   node scripts/dist.js check    compile into a temporary directory and compare every byte
//
// dist/manifest.txt has the compiler's exact version in its first line, then a line
// `<sha1 in hex>  <path>` for tsconfig.json, every file of src/ and every other file of dist/, sorted by path.
// `tests/src/sdk.rs` checks it without node.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

/** Compiles into `dist` and returns the manifest. */
function build(dist) {
  const run = spawnSync(process.execPath, [tsc, "-p", root, "--outDir", dist], { stdio: "inherit" });
  if (run.status !== 0) process.exit(run.status ?? 1);
  // With an output directory elsewhere, maps name the sources by another relative path.
  for (const name of readdirSync(dist).filter((file) => file.endsWith(".map"))) {
    const map = JSON.parse(readFileSync(join(dist, name), "utf8"));
    map.sources = map.sources.map((source) => `../src/${source.split("/").pop()}`);
    writeFileSync(join(dist, name), JSON.stringify(map));
  }
  const manifest = manifestOf(dist);
  writeFileSync(join(dist, "manifest.txt"), manifest);
}

function manifestOf(dist) {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", "typescript", "package.json"), "utf8"));
  const line = (path, file) => `${createHash("sha1").update(readFileSync(file)).digest("hex")}  ${path}`;
  const lines = [
    ...filesOf(dist).map((name) => line(`dist/${name}`, join(dist, name))),
    ...filesOf(join(root, "src")).map((name) => line(`src/${name}`, join(root, "src", name))),
    line("tsconfig.json", join(root, "tsconfig.json")),
  ];
  return [`typescript ${version}`, ...lines, ""].join("\n");
}

function filesOf(directory) {
  return readdirSync(directory)
    .filter((name) => name !== "manifest.txt")
    .sort();
}

function check() {
  const fresh = mkdtempSync(join(tmpdir(), "tickwire-dist-"));
  try {
    build(fresh);
    const committed = join(root, "dist");
    const names = [...new Set([...readdirSync(committed), ...readdirSync(fresh)])].sort();
    const read = (directory, name) => {
      return readdirSync(directory).includes(name) ? readFileSync(join(directory, name), "latin1") : undefined;
    };
    const stale = names.filter((name) => read(committed, name) !== read(fresh, name));
    if (stale.length > 0) {
      console.error(`dist/ is stale: ${stale.join(", ")}\nrun \`npm run build\` and commit dist/`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

const [command] = process.argv.slice(2);
if (command === "build") {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  build(join(root, "dist"));
} else if (command === "check") {
  check();
} else {
  console.error("usage: node scripts/dist.js build|check");
  process.exitCode = 2;
}
