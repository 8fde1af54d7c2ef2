//! Pages are well formed and whole in themselves, and what a report says is text in them.

use super::super::sample;
use super::escape;
use super::page::write;

/// Elements open and close in order, and every attribute is quoted: enough to catch text that was not escaped.
#[track_caller]
fn is_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = html.replace("<!doctype html>", "");
    for tag in body.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').expect("a tag ends");
        let name = inside.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or("");
        if inside.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{inside}");
        } else if !inside.ends_with('/') && name != "meta" {
            open.push(name);
        }
        assert!(inside.matches('"').count().is_multiple_of(2), "{inside}");
        assert!(!inside.contains("NaN") && !inside.contains("inf"), "{inside}");
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn a_page_is_whole_in_itself() {
    let mut other = sample::arena();
    other.argument("players", &200);
    for runs in [vec![sample::arena()], vec![sample::arena(), other], vec![sample::flawed()]] {
        let html = write(&runs);
        is_well_formed(&html);
        for banned in ["<script", "src=", "href=", "url(", "@import"] {
            assert!(!html.contains(banned), "{banned}");
        }
        assert!(!html.replace("ws://127.0.0.1:7777/ws", "").contains("://"));
        for part in ["percentile curve", "timeline", "breakdown", "server CPU"] {
            assert_eq!(html.matches(&format!("aria-label=\"{part}\"")).count(), 3, "{part} in three sizes");
        }
        assert!(html.contains("Fast CPU, 2 cores, 24 GiB, Linux 6.12.9, governor performance"));
    }
}

#[test]
fn a_flaw_stands_above_the_pictures_and_in_each_of_them() {
    let html = write(&[sample::flawed()]);
    let saturated = "GENERATOR SATURATED: result invalid";
    // Once as a banner, in four pictures of three sizes and one of two.
    assert_eq!(html.matches(saturated).count(), 15);
    assert_eq!(html.matches("class=\"mark\"").count(), 14);
    assert!(html.find(saturated) < html.find("<svg"));
    assert!(html.contains("PARTIAL: the server went after 4.0 of 10.0 s</strong>"));
    assert!(html.contains("FAILED: players lost: 3 (bound 0)</strong>"));
    assert!(!html.contains("✓"));
    let mut good = sample::arena();
    good.label = Some("good one".into());
    let both = write(&[good, sample::flawed()]);
    assert!(
        both.contains("<span class=\"badge\">INVALID</span>")
            && both.contains(&format!("{saturated} (arena)"))
    );
}

#[test]
fn a_disturbed_run_has_no_green_tick() {
    assert!(write(&[sample::arena()]).contains("✓"));
    let disturbed = "<div class=\"flaw doubtful\" role=\"alert\">\
        <strong>DISTURBED: other processes used 20.0 % of a core; measure again</strong>";
    let mut run = sample::arena();
    run.foreign_cpu_share = Some(0.2);
    run.weigh();
    let html = write(&[run.clone()]);
    is_well_formed(&html);
    assert!(html.contains(disturbed) && !html.contains("✓"));
    let both = write(&[sample::arena(), run.clone()]);
    is_well_formed(&both);
    assert!(both.contains(&format!("{disturbed}<span>arena #2</span></div>")));
    assert!(both.contains("</i>arena #2<span class=\"badge doubtful\">DISTURBED</span></li>"));
    // Without the server's pid nobody knows who was busy.
    run.server = None;
    run.weigh();
    let html = write(&[run]);
    assert!(html.contains("✓") && html.contains("<small>of one core, the server included</small>"));
}

#[test]
fn several_runs_lie_over_each_other_with_their_ratios() {
    let (mut first, mut second) = (sample::arena(), sample::arena());
    first.label = Some("before".into());
    second.label = Some("after".into());
    second.distributions[0].histogram = sample::ramp(1000);
    let html = write(&[first, second]);
    assert!(html.contains("arena: 2 runs compared"));
    for label in ["before", "after"] {
        assert!(html.matches(&format!("</i>{label}</li>")).count() >= 2, "{label}");
    }
    assert!(html.contains("<small>0.50x</small>"));
}

#[test]
fn what_differs_between_runs_and_who_was_busy_beside_each_is_told() {
    let (mut first, mut second) = (sample::arena(), sample::arena());
    first.label = Some("before".into());
    second.label = Some("after".into());
    first.argument("players", &50);
    second.foreign_cpu_share = Some(0.2);
    second.weigh();
    let html = write(&[first.clone(), second.clone()]);
    is_well_formed(&html);
    for told in [
        "</i>before (players 50)</li>",
        "</i>after (players 100)<span class=\"badge doubtful\">",
        "<p class=\"lead\">input to state; before (players 50) · after (players 100)</p>",
        "<li><span>duration</span><b>10s</b></li>",
        "<div class=\"many doubtful\"><dt>foreign CPU</dt><dd class=\"c0\">1.3 %</dd><dd class=\"c1\">20.0 %</dd>",
        "<th>foreign CPU, of one core</th><td>1.3 %</td><td>20.0 %</td>",
    ] {
        assert!(html.contains(told), "{told}\n{html}");
    }
    assert!(!html.contains("<span>players</span>"), "only what all share is a chip");
    // More than tiles have room for: the table tells all of them.
    second.server = None;
    let html = write(&[first.clone(), first.clone(), first.clone(), first.clone(), first, second]);
    is_well_formed(&html);
    assert!(
        html.contains("<th>foreign CPU, of one core</th><td>1.3 %</td>")
            && !html.contains("<dl class=\"tiles\">")
    );
}

#[test]
fn what_a_report_says_is_text_and_never_markup() {
    let evil = "<script>alert(1)</script>\"'&";
    let mut run = sample::arena();
    run.label = Some(evil.into());
    (run.scenario, run.url, run.headline) = (evil.into(), evil.into(), evil.into());
    run.machine.cpu = Some(evil.into());
    run.mode = Some(evil.into());
    run.tool.revision = evil.into();
    run.command_line = vec![evil.into()];
    run.notes = vec![evil.into()];
    run.argument(evil, &evil);
    run.verdict.partial(evil);
    run.figure(evil, evil, evil, 1.0, crate::report::Unit::Count);
    run.distributions.iter_mut().for_each(|distribution| distribution.label = evil.into());
    let breakdown = run.breakdown.as_mut().expect("there is one");
    breakdown.label = evil.into();
    breakdown.stages.iter_mut().for_each(|stage| stage.name = evil.into());
    let server = run.server.as_mut().expect("there is one");
    server.per = evil.into();
    server.threads[0].name = evil.into();
    for runs in [vec![run.clone()], vec![run.clone(), run]] {
        let html = write(&runs);
        assert!(!html.contains("<script"));
        is_well_formed(&html);
    }
    assert_eq!(escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
}

#[test]
fn a_run_of_which_little_is_known_is_a_page_too() {
    let mut run = super::super::Run::new("idle", "ws://h/");
    is_well_formed(&write(&[run.clone()]));
    run.distributions = sample::arena().distributions;
    run.distributions.iter_mut().for_each(|distribution| distribution.histogram.reset());
    run.timeline = sample::arena().timeline;
    run.timeline.iter_mut().for_each(|second| second.histogram.reset());
    is_well_formed(&write(&[run.clone()]));
    run.distributions[0].histogram.saturating_record(5000);
    is_well_formed(&write(&[run.clone(), run]));
}
