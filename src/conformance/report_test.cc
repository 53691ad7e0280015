#include "conformance/report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "conformance/catalogue.h"

namespace sluice::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Status Nothing(Context& /*context*/) { return {}; }

constexpr Check kRequiredCheck{
    .id = "a.required", .title = "A < B & \"C\"", .section = {"Names", "names"}, .run = Nothing};
constexpr Check kRecommendedCheck{.id = "a.recommended",
                                  .title = "R",
                                  .section = {"Names", "names"},
                                  .level = Level::kRecommended,
                                  .run = Nothing};
constexpr Check kOptionalCheck{.id = "b.optional",
                               .title = "O",
                               .section = {"Other", "other"},
                               .level = Level::kOptional,
                               .run = Nothing};

Outcome Failed() {
  return {.verdict = Verdict::kFail,
          .failures = {{.expected = "<this>", .came = "that\x01 \xff", .request = "curl 'x' & y"}}};
}

Report Of(Outcome required, Outcome recommended, Outcome optional) {
  Report report{.endpoint = "https://host/<p>"};
  report.results.push_back({"First", &kRequiredCheck, std::move(required)});
  report.results.push_back({"First", &kRecommendedCheck, std::move(recommended)});
  report.results.push_back({"Second", &kOptionalCheck, std::move(optional)});
  return report;
}

Outcome Skipped() { return {.verdict = Verdict::kSkip, .skip_reason = "not offered"}; }

TEST(Report, RecommendationsCountWhenStrict) {
  EXPECT_EQ(ExitCode(Of({}, {}, Skipped()), true), 0);
  EXPECT_EQ(ExitCode(Of(Failed(), {}, {}), false), 1);
  EXPECT_EQ(ExitCode(Of({}, Failed(), {}), false), 0);
  EXPECT_EQ(ExitCode(Of({}, Failed(), {}), true), 1);
  // A feature that is offered has to be right.
  EXPECT_EQ(ExitCode(Of({}, {}, Failed()), false), 1);
  EXPECT_EQ(ExitCode({.endpoint = "e", .stopped = "no answer"}, false), 2);
}

TEST(Report, TextExplainsFailures) {
  const std::string text = RenderText(Of(Failed(), {}, Skipped()), false, {});
  EXPECT_THAT(text, HasSubstr("✗ a.required"));
  EXPECT_THAT(text, HasSubstr("expected  <this>"));
  EXPECT_THAT(text, HasSubstr("request   curl 'x' & y"));
  EXPECT_THAT(text, HasSubstr("PROTOCOL.md#names"));
  EXPECT_THAT(text, HasSubstr("– b.optional"));
  EXPECT_THAT(text, HasSubstr("not offered"));
  EXPECT_THAT(text, HasSubstr("required       0 passed    1 failed    0 skipped"));
  EXPECT_THAT(text, HasSubstr("does not conform"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(RenderText(Of({}, {}, {}), false, {.colour = true}), HasSubstr("\x1b[32m✓"));
}

TEST(Report, QuietTextLeavesOutWhatPassed) {
  const std::string text = RenderText(Of({}, Failed(), {}), false, {.passed = false});
  EXPECT_THAT(text, Not(HasSubstr("a.required")));
  EXPECT_THAT(text, HasSubstr("a.recommended"));
  EXPECT_THAT(text, HasSubstr("conforms"));
}

TEST(Report, JsonIsWhole) {
  const auto json = json::Parse(RenderJson(Of(Failed(), {}, Skipped()), false));
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->at("conformant"), false);
  EXPECT_EQ(json->at("counts").at("required").at("failed"), 1);
  const json::Value& check = json->at("checks").at(0);
  EXPECT_EQ(check.at("verdict"), "fail");
  EXPECT_EQ(check.at("failures").at(0).at("expected"), "<this>");
  EXPECT_EQ(json->at("checks").at(2).at("skipReason"), "not offered");
}

TEST(Report, JunitCountsWhatItHolds) {
  const std::string xml = RenderJunit(Of(Failed(), Failed(), Skipped()), false);
  EXPECT_THAT(xml, HasSubstr(R"(<testsuite name="First" tests="2" failures="1" skipped="1")"));
  EXPECT_THAT(xml, HasSubstr(R"(<testsuite name="Second" tests="1" failures="0" skipped="1")"));
  EXPECT_THAT(xml, HasSubstr("A &lt; B &amp; &quot;C&quot;"));
  EXPECT_THAT(xml, Not(HasSubstr("<this>")));
  EXPECT_THAT(xml, Not(HasSubstr("\x01")));
  EXPECT_THAT(RenderJunit(Of(Failed(), Failed(), Skipped()), true), HasSubstr(R"(failures="2")"));
  EXPECT_THAT(RenderJunit({.endpoint = "e", .stopped = "no answer"}, false),
              HasSubstr(R"(<error message="no answer"/>)"));
}

TEST(Report, HtmlIsOnePageBySection) {
  const std::string page = RenderHtml(Of(Failed(), {}, Skipped()), false);
  EXPECT_THAT(page, HasSubstr("#names\">Names</a>"));
  EXPECT_THAT(page, HasSubstr("#other\">Other</a>"));
  EXPECT_THAT(page, HasSubstr("<details open>"));
  EXPECT_THAT(page, HasSubstr("&lt;this&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<p>]")));
}

TEST(Catalogue, RowsAreWhole) {
  std::set<std::string_view> ids;
  for (const Theme& theme : Catalogue()) {
    EXPECT_FALSE(theme.checks.empty()) << theme.name;
    for (const Check& check : theme.checks) {
      EXPECT_TRUE(ids.insert(check.id).second) << check.id << " stands twice";
      EXPECT_TRUE(check.run != nullptr && !check.title.empty() && !check.section.anchor.empty())
          << check.id;
      EXPECT_TRUE(std::ranges::all_of(check.id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
      })) << check.id;
    }
  }
}

TEST(Catalogue, GlobsSelect) {
  EXPECT_TRUE(Selected(kRequiredCheck, ""));
  EXPECT_TRUE(Selected(kRequiredCheck, "b.*,a.req*"));
  EXPECT_FALSE(Selected(kRequiredCheck, "a.rec*,b.?"));
  EXPECT_THAT(ListText("list-shares.*"), HasSubstr("list-shares.shape"));
  EXPECT_THAT(ListText("list-shares.*"), Not(HasSubstr("get-share")));
}

}  // namespace
}  // namespace sluice::conformance
