// unity/services.h -- what the handlers of the Unity Catalog dialect work with.
#pragma once

#include <chrono>
#include <string>

#include "audit/usage_book.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/locations.h"
#include "delta/snapshots.h"
#include "engine/row_reader.h"
#include "net/http.h"
#include "notify/notifier.h"
#include "sharing/services.h"
#include "storage/stores.h"

namespace sluice::unity {

struct Options {
  // Where recipients reach the sharing protocol and the activation page, as origins: "https://x";
  // empty: as the request came.
  std::string public_url;
  std::string sharing_prefix = "/delta-sharing";
  std::string audit_folder{};
  // How long an activation link waits to be opened.
  std::chrono::seconds activation_lifetime = std::chrono::hours(72);
  // How long a browser stays signed in.
  std::chrono::seconds session_lifetime = std::chrono::hours(12);
  // Where tables of this machine may lie; storage is bound to the same folders.
  catalog::LocalRoots local_roots{};
};

// References outlive every request; all of them are thread-safe.
struct Services {
  catalog::Catalog& catalog;
  delta::Snapshots& snapshots;
  const Clock& clock;
  Options options;
  storage::Stores* stores = nullptr;  // null: no storage credential can be validated
  // How recipients are answered, and rows are read. Null: nobody is shown what they get, nor rows.
  const sharing::Services* sharing = nullptr;
  const engine::RowReader* rows = nullptr;
  const audit::UsageBook* usage = nullptr;  // null: nothing is counted
  notify::Notifier* notifier = nullptr;     // null: nobody is told of anything
};

// Who called, of a route with Access::kUser.
catalog::Caller CallerOf(const Services& services, const net::Request& request);

}  // namespace sluice::unity
