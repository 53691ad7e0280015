#include "server/notifications.h"

#include <utility>

#include "server/operator_file.h"
#include "unity/usage_count.h"

namespace sluice::server {
namespace {

Result<notify::NetOptions> NetOptionsOf(const Settings& settings) {
  notify::NetOptions options;
  options.mail_server.url = settings.notify_smtp_url;
  options.mail_server.user = settings.notify_smtp_user;
  options.mail_from = settings.notify_from;
  options.allow_private_targets = settings.notify_allow_private_targets;
  if (!options.mail_server.url.empty() && options.mail_from.empty()) {
    return Fail(Code::kInvalidArgument,
                "notify.smtpUrl is set without notify.from: mail needs an address to come from");
  }
  if (!settings.notify_smtp_password_file.empty()) {
    std::string& password = options.mail_server.password;
    password = TRY(ReadOperatorFile(settings.notify_smtp_password_file, KiB(4))).bytes;
    while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) {
      password.pop_back();
    }
  }
  return options;
}

}  // namespace

Result<std::unique_ptr<Notifications>> Notifications::Open(CatalogParts& parts,
                                                           delta::Snapshots& snapshots,
                                                           const Settings& settings) {
  std::unique_ptr<Notifications> made(new Notifications(TRY(NetOptionsOf(settings))));
  const auto look = [&snapshots](const std::string& location) -> Result<notify::TableLook> {
    const auto snapshot = TRY(snapshots.Latest(location));
    return notify::TableLook{static_cast<int64_t>(snapshot->version()),
                             snapshot->metadata().schema_string};
  };
  notify::Options options;
  options.notice.first = std::chrono::hours(settings.notify_first_notice_hours);
  options.notice.last = std::chrono::hours(settings.notify_last_notice_hours);
  options.table_poll = std::chrono::duration_cast<std::chrono::seconds>(settings.notify_table_poll);
  options.count_usage = [&parts](const notify::UsageQuestion& question) {
    return unity::CountForReport(parts.usage(), parts.catalog(), question);
  };
  options.portal_url = settings.portal_enabled ? settings.public_url : std::string();
  made->notifier_ = TRY(
      notify::Notifier::Open(parts.database(), parts.catalog(), made->transport_, look, options));
  return made;
}

}  // namespace sluice::server
