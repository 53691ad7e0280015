#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/markup.h"
#include "base/timestamp.h"
#include "conformance/report.h"

namespace sluice::conformance {
namespace {

// Contrasts are at least 4.5 to 1 in both schemes.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--back:#fff;--box:#f6f8fa;--line:#d0d7de;
--pass:#116329;--fail:#b3150f;--skip:#57606a;--link:#0550ae}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9aa5b1;--back:#0d1117;--box:#161b22;
--line:#30363d;--pass:#56d364;--fail:#ff8a80;--skip:#9aa5b1;--link:#79b8ff}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:70rem;
margin:0 auto;padding:1.5rem}
a{color:var(--link)}h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
code,pre{font:.85em/1.45 ui-monospace,monospace}
.verdict{font-size:1.2rem;font-weight:600;margin:.5rem 0 0}.soft{color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
.counts{width:auto}.counts td{text-align:right;font-variant-numeric:tabular-nums}
.pass{color:var(--pass)}.fail{color:var(--fail)}.skip{color:var(--skip)}
.mark{white-space:nowrap;font-weight:600;width:5rem}.level{width:8rem}
details{margin:.5rem 0 0;background:var(--box);border:1px solid var(--line);border-radius:6px;
padding:.5rem .75rem}
summary{cursor:pointer}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem .75rem;margin:.5rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:0}
)";

std::string_view Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return "✓ pass";
    case Verdict::kFail: return "✗ fail";
    case Verdict::kSkip: return "– skipped";
  }
  return {};
}

std::string FailureHtml(const Failure& failure) {
  std::string out = fmt::format("<dl><dt>expected</dt><dd>{}</dd><dt>came</dt><dd>{}</dd>",
                                Escaped(failure.expected), Escaped(failure.came));
  if (!failure.request.empty()) {
    out += fmt::format("<dt>request</dt><dd><pre>{}</pre></dd>", Escaped(failure.request));
  }
  return out + "</dl>\n";
}

std::string RowHtml(const CheckResult& result) {
  const Check& check = *result.check;
  const Outcome& outcome = result.outcome;
  std::string out = fmt::format(
      "<tr><td class=\"mark {}\">{}</td><td>{}<br><code class=\"soft\">{}</code>",
      VerdictName(outcome.verdict), Word(outcome.verdict), Escaped(check.title), Escaped(check.id));
  if (!outcome.skip_reason.empty()) {
    out += fmt::format("<br><span class=\"soft\">{}</span>", Escaped(outcome.skip_reason));
  }
  for (const std::string& note : outcome.notes) {
    out += fmt::format("<br><span class=\"soft\">{}</span>", Escaped(note));
  }
  if (!outcome.failures.empty()) {
    out += "\n<details open><summary>What came</summary>\n";
    for (const Failure& failure : outcome.failures) out += FailureHtml(failure);
    if (!check.remark.empty()) out += fmt::format("<p>{}</p>", Escaped(check.remark));
    out += "</details>";
  }
  return out + fmt::format("</td><td class=\"level\">{}</td></tr>\n", LevelName(check.level));
}

// The sections of the protocol in the order in which checks name them first.
std::vector<const Section*> SectionsOf(const Report& report) {
  std::vector<const Section*> sections;
  for (const CheckResult& result : report.results) {
    const auto same = [&](const Section* section) {
      return section->anchor == result.check->section.anchor;
    };
    if (std::ranges::none_of(sections, same)) sections.push_back(&result.check->section);
  }
  return sections;
}

std::string SectionHtml(const Report& report, const Section& section) {
  std::string out = fmt::format(
      "<h2><a href=\"{}#{}\">{}</a></h2>\n<div class=\"scroll\"><table><thead><tr>"
      "<th scope=\"col\">Verdict</th><th scope=\"col\">Check</th><th scope=\"col\">Level</th></tr>"
      "</thead><tbody>\n",
      kProtocolUrl, Escaped(section.anchor), Escaped(section.heading));
  for (const CheckResult& result : report.results) {
    if (result.check->section.anchor == section.anchor) out += RowHtml(result);
  }
  return out + "</tbody></table></div>\n";
}

std::string CountsHtml(const Report& report) {
  std::string out =
      "<table class=\"counts\"><caption>Checks by level</caption><thead><tr><th scope=\"col\">Level"
      "</th><th scope=\"col\">passed</th><th scope=\"col\">failed</th><th scope=\"col\">skipped"
      "</th></tr></thead><tbody>\n";
  for (const Level level : {Level::kRequired, Level::kRecommended, Level::kOptional}) {
    const Count count = CountOf(report, level);
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td{}>{}</td><td>{}</td></tr>\n",
                       LevelName(level), count.passed, count.failed > 0 ? " class=\"fail\"" : "",
                       count.failed, count.skipped);
  }
  return out + "</tbody></table>\n";
}

}  // namespace

std::string RenderHtml(const Report& report, bool strict) {
  const bool good = Conformant(report, strict);
  const std::string_view verdict = !report.stopped.empty() ? "– could not be checked"
                                   : good                  ? "✓ conforms to the protocol"
                                                           : "✗ does not conform to the protocol";
  const std::string_view kind = !report.stopped.empty() ? "skip" : good ? "pass" : "fail";
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>Delta Sharing conformance of {}</title>\n<style>{}</style></head><body>\n"
      "<header><h1>Delta Sharing conformance</h1><p><code>{}</code></p>"
      "<p class=\"verdict {}\">{}</p><p class=\"soft\">{}, sluice {}</p></header>\n<main>\n",
      Escaped(report.endpoint), kStyle, Escaped(report.endpoint), kind, verdict,
      FormatTimestamp(report.started), SLUICE_VERSION);
  if (!report.stopped.empty()) {
    out += fmt::format("<p>{}</p>\n", Escaped(report.stopped));
  } else {
    out += CountsHtml(report);
  }
  for (const Section* section : SectionsOf(report)) out += SectionHtml(report, *section);
  return out + "</main></body></html>\n";
}

}  // namespace sluice::conformance
