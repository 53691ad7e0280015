#include "server/settings_parts.h"

namespace sluice::server {
namespace {

constexpr std::string_view kNotify = "Notifications";

using S = Settings;

constexpr Setting kTable[] = {
    {.section = kNotify,
     .key = "notify",
     .kind = Kind::kGroup,
     .origin = Origin::kOurs,
     .text = "With --data: mail, webhooks, and when somebody is told that something ends."},
    {.section = kNotify,
     .key = "notify.smtpUrl",
     .origin = Origin::kOurs,
     .target = &S::notify_smtp_url,
     .check = CheckSmtpUrl,
     .text = "The mail server: smtp://mail.example.org:587 (with STARTTLS where it is offered) or "
             "smtps://mail.example.org. Left out: no mail is sent."},
    {.section = kNotify,
     .key = "notify.from",
     .origin = Origin::kOurs,
     .target = &S::notify_from,
     .check = CheckMailAddress,
     .text = "The address that mail comes from. Needed with smtpUrl."},
    {.section = kNotify,
     .key = "notify.smtpUser",
     .origin = Origin::kOurs,
     .target = &S::notify_smtp_user,
     .check = CheckNotEmpty,
     .text = "The user at the mail server; sent over TLS only. Left out: none."},
    {.section = kNotify,
     .key = "notify.smtpPasswordFile",
     .origin = Origin::kOurs,
     .target = &S::notify_smtp_password_file,
     .check = CheckNotEmpty,
     .text = "A file with the password of smtpUser."},
    {.section = kNotify,
     .key = "notify.allowPrivateTargets",
     .kind = Kind::kFlag,
     .initial = "false",
     .origin = Origin::kOurs,
     .target = &S::notify_allow_private_targets,
     .text = "Whether webhooks may go to addresses that are not public ones: this machine, "
             "private networks."},
    {.section = kNotify,
     .key = "notify.firstNoticeHours",
     .kind = Kind::kWholeNumber,
     .initial = "168",
     .least = 1,
     .most = 8760,
     .origin = Origin::kOurs,
     .target = &S::notify_first_notice_hours,
     .text = "How long before a token or a grant ends it is told for the first time."},
    {.section = kNotify,
     .key = "notify.lastNoticeHours",
     .kind = Kind::kWholeNumber,
     .initial = "24",
     .least = 1,
     .most = 8760,
     .origin = Origin::kOurs,
     .target = &S::notify_last_notice_hours,
     .text = "And for the last time."},
    {.section = kNotify,
     .key = "notify.tablePollSeconds",
     .kind = Kind::kWholeNumber,
     .unit = Unit::kSeconds,
     .initial = "60",
     .least = 1,
     .most = 86'400,
     .origin = Origin::kOurs,
     .target = &S::notify_table_poll,
     .text = "How often shared tables are looked at for new versions, of those whose changes "
             "somebody subscribed to."},
};

}  // namespace

std::span<const Setting> NotifySettings() { return kTable; }

Status CheckSmtpUrl(std::string_view text) {
  const bool smtp = text.starts_with("smtp://") || text.starts_with("smtps://");
  if (smtp && text.find('@') == std::string_view::npos &&
      text.find(' ') == std::string_view::npos && text.size() > text.find("//") + 2) {
    return {};
  }
  return Fail(Code::kInvalidArgument,
              "must be smtp://host:port or smtps://host:port, without a user");
}

Status CheckMailAddress(std::string_view text) {
  const size_t at = text.find('@');
  if (at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
      text.find_first_of(" <>\r\n\",") == std::string_view::npos) {
    return {};
  }
  return Fail(Code::kInvalidArgument, "must be an address like sluice@example.org");
}

}  // namespace sluice::server
