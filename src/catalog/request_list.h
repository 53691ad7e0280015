// catalog/request_list.h -- what recipients and users asked for or told, and what was answered.
//
// A value as the picture that holds it: copies share what is the same.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "catalog/model.h"
#include "catalog/sorted_map.h"

namespace sluice::catalog {

// Their numbers go to the disk.
enum class RequestKind { kAccess = 0, kFeedback = 1, kRenewal = 2 };
enum class RequestStatus { kOpen = 0, kApproved = 1, kDenied = 2, kClosed = 3 };

// Who asks: a recipient (the id of its securable) or a principal.
struct Asker {
  Id id{};
  bool is_recipient = false;
};

struct AccessRequest {
  Id id{};
  RequestKind kind = RequestKind::kAccess;
  RequestStatus status = RequestStatus::kOpen;
  Asker asker{};
  std::string asker_name{};  // as it was then
  // By recipients: as they wrote it. It need not be there, and they are not told whether it is.
  std::string share{};
  std::string table{};
  // By users.
  Id object{};
  std::vector<Privilege> privileges{};
  std::string comment{};
  TimePoint created_at{};
  std::string answer{};
  std::string answered_by{};
  std::optional<TimePoint> answered_at{};
  bool granted = false;
};
using AccessRequestPtr = std::shared_ptr<const AccessRequest>;

class RequestList {
 public:
  // Null: there is none.
  AccessRequestPtr Find(std::string_view id) const;
  // The newest first, behind the one called `after` (empty: from the newest), until `visit` returns
  // false. `name` is what `after` takes.
  using Visitor = std::function<bool(const std::string& name, const AccessRequestPtr& request)>;
  void Visit(std::string_view after, const Visitor& visit) const;
  // Those of one asker, the newest first.
  std::vector<AccessRequestPtr> Of(std::string_view asker) const;

  void Put(AccessRequestPtr request);
  void Erase(std::string_view id);

 private:
  SortedMap<AccessRequestPtr> by_time_;  // counted down from the end of time, id
  SortedMap<std::string> by_id_;         // id -> key of by_time_
  SortedMap<std::string> by_asker_;      // asker, key of by_time_ -> id
};

}  // namespace sluice::catalog
