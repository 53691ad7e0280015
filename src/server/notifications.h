// server/notifications.h -- the notifier of a server with a data directory.
#pragma once

#include <memory>

#include "base/result.h"
#include "delta/snapshots.h"
#include "notify/net_transport.h"
#include "notify/notifier.h"
#include "server/catalog_parts.h"
#include "server/settings.h"

namespace sluice::server {

class Notifications {
 public:
  // All are borrowed. Errors: kInvalidArgument  the password's file; those of the database
  static Result<std::unique_ptr<Notifications>> Open(CatalogParts& parts,
                                                     delta::Snapshots& snapshots,
                                                     const Settings& settings);
  notify::Notifier& notifier() { return *notifier_; }

 private:
  explicit Notifications(notify::NetOptions options) : transport_(std::move(options)) {}

  notify::NetTransport transport_;
  std::unique_ptr<notify::Notifier> notifier_;
};

}  // namespace sluice::server
