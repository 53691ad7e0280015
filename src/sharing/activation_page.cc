#include "sharing/activation_page.h"

#include <fmt/format.h>

#include "base/markup.h"
#include "base/timestamp.h"
#include "sharing/html_page.h"
#include "sharing/next_steps.h"

namespace sluice::sharing {
namespace {

constexpr std::string_view kSafe =
    "<div class=\"note\"><p><strong>Keep the file like a password.</strong> Whoever has it reads "
    "the "
    "data as you. Do not mail it, and do not put it where others can read it.</p></div>\n";

// "1 March 2027, 14:05 UTC"
std::string ForPeople(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(days);
  constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
  const std::chrono::hh_mm_ss clock(seconds - days);
  return fmt::format("<time datetime=\"{}\">{} {} {}, {:02}:{:02} UTC</time>",
                     FormatTimestamp(time), static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count());
}

// Names in right-to-left script, or with marks that turn text around, end where they end.
std::string Name(std::string_view name) { return fmt::format("<bdi>{}</bdi>", Escaped(name)); }

std::string_view Sharer(const Invitation& invitation) {
  return invitation.organization.empty() ? "A data provider"
                                         : std::string_view(invitation.organization);
}

std::string Fact(std::string_view name, std::string_view html) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
}

std::string Facts(const Invitation& invitation, bool of_link) {
  std::string out = "<dl>\n" + Fact("Shared with", Name(invitation.recipient));
  out += Fact("Server", Escaped(invitation.endpoint));
  if (of_link && invitation.link_ends)
    out += Fact("Link is good until", ForPeople(*invitation.link_ends));
  out += Fact("Access ends", invitation.access_ends ? ForPeople(*invitation.access_ends)
                                                    : std::string("when the provider ends it"));
  return out + "</dl>\n";
}

// The file itself signs in; no token stands in an address. A tab of its own, since this page cannot
// be had again.
std::string PortalNote(const Invitation& invitation) {
  if (invitation.sign_in.empty()) return {};
  return fmt::format(
      "<h2>Then: see what is shared with you</h2>\n<p>Open <a href=\"{}\" target=\"_blank\" "
      "rel=\"noopener noreferrer\">the portal</a> and give it config.share: it shows your tables "
      "with their columns and first rows, what changed, and until when you may read them. You can "
      "ask for more there.</p>\n",
      Escaped(invitation.sign_in));
}

}  // namespace

net::Response InvitationPage(const Invitation& invitation) {
  const std::string title = fmt::format("{} shares data with you", Sharer(invitation));
  std::string body = fmt::format("<h1>{} shares data with you</h1>\n", Name(Sharer(invitation)));
  body +=
      "<p>To read it, your tools need a credential file, <b>config.share</b>. You get it here, "
      "<strong>once</strong>: after that this link is used up.</p>\n";
  body += Facts(invitation, true);
  body +=
      "<h2>First: get the file</h2>\n<p>Be where the file is to stay, or where you can move it "
      "from "
      "safely.</p>\n"
      "<form method=\"post\" class=\"buttons\">\n"
      "<button name=\"as\" value=\"file\">Download config.share</button>\n"
      "<button name=\"as\" value=\"page\" class=\"second\">Show it on screen instead</button>\n"
      "</form>\n<p class=\"soft small\">The download begins at once and this page stays open. "
      "Show "
      "it on screen if you cannot save files here; either of the two uses the link up."
      "</p>\n";
  body += kSafe;
  body += PortalNote(invitation);
  body += NextSteps(invitation.endpoint);
  body +=
      "<p class=\"soft small\">Not meant for you? Close this page without pressing a button and "
      "tell who sent you the link.</p>\n";
  return HtmlPage(200, title, body);
}

Delivery AskedDelivery(std::string_view form) {
  const auto fields = net::QueryParams::Parse(form);
  return fields && fields->Find("as") == "page" ? Delivery::kPage : Delivery::kFile;
}

net::Response ProfileDownload(const ProfileFile& profile) {
  net::Response response =
      net::Response::Text(200, "application/json; charset=utf-8", RenderProfile(profile));
  response.headers.Add("Content-Disposition", "attachment; filename=\"config.share\"");
  KeepPrivate(response);
  return response;
}

net::Response ProfilePage(const Invitation& invitation, const ProfileFile& profile) {
  std::string body = fmt::format(
      "<h1>Your credential from {}</h1>\n<p>This text is shown <strong>once</strong>. Select all "
      "of "
      "it, paste it into a text editor, and save it as <b>config.share</b> before you close this "
      "page.</p>\n<p><label for=\"profile\">Content of config.share</label>\n"
      "<textarea id=\"profile\" readonly rows=\"7\" spellcheck=\"false\" autocomplete=\"off\">{}"
      "</textarea></p>\n",
      Name(Sharer(invitation)), Escaped(RenderProfile(profile)));
  body += Facts(invitation, false);
  body += kSafe;
  body += PortalNote(invitation);
  body += NextSteps(invitation.endpoint);
  return HtmlPage(200, "Your credential", body);
}

net::Response LinkProblemPage(LinkProblem problem, std::string_view address) {
  const auto page = [](int status, std::string_view title, std::string_view html) {
    return HtmlPage(status, title, fmt::format("<h1>{}</h1>\n{}", title, html));
  };
  switch (problem) {
    case LinkProblem::kUsed:
      return page(410, "This link was used already",
                  "<p>An activation link gives the credential file once.</p>\n<ul>\n<li>If it was "
                  "you: look for <b>config.share</b> where your browser saves downloads.</li>\n"
                  "<li>If the file is lost: ask who shares the data for a new link.</li>\n"
                  "<li><strong>If it was not you: tell them at once.</strong> They can make the "
                  "credential invalid.</li>\n</ul>\n");
    case LinkProblem::kExpired:
      return page(410, "This link has expired",
                  "<p>Nobody has used it. Ask who shares the data with you for a new one.</p>\n");
    case LinkProblem::kUnknown:
      return page(404, "This link is not known here",
                  "<p>Perhaps it was cut off: copy all of it from the message that it came in, and "
                  "open it again. It may also have been replaced by a newer link; then ask who "
                  "shares the data with you.</p>\n");
    case LinkProblem::kWrongAddress: break;
  }
  const std::string seen =
      address.empty() ? std::string() : fmt::format(" You come from <b>{}</b>.", Escaped(address));
  return page(403, "This link cannot be opened from here",
              fmt::format("<p>The data is shared with certain networks only.{} Open the link from "
                          "your organization's network or VPN, or ask who shares the data with you "
                          "to allow this address. The link was not used up.</p>\n",
                          seen));
}

net::Response ErrorPage(const Error& error) {
  const int status = net::HttpStatus(error);
  const std::string_view title =
      status >= 500 || status == 429 ? "This does not work right now" : "This cannot be done";
  net::Response response = HtmlPage(
      status, title, fmt::format("<h1>{}</h1>\n<p>{}</p>\n", title, Escaped(error.message)));
  if (status == 503 || status == 429) response.headers.Add("Retry-After", "1");
  response.error = error;
  return response;
}

}  // namespace sluice::sharing
