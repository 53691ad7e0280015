// catalog/requests.h -- asking for access, for another token, or telling something; and answering.
//
// A recipient names a share or table as it knows it, or none; whether that is there it is not told,
// and what it is granted is the whole share. A user asks for privileges on an object that it may
// see. Who answers: who may change the recipient, who may grant the share or the object, and the
// administrators of the metastore.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/access.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

// Of one asker that may be open at a time, and that are kept at all: the oldest answered ones go.
inline constexpr size_t kMostOpenRequests = 20;
inline constexpr size_t kMostRequests = 200;

struct NewRequest {
  RequestKind kind = RequestKind::kAccess;
  std::string share{};
  std::string table{};
  std::optional<Kind> securable_type{};
  std::string full_name{};
  std::vector<std::string> privileges{};
  std::string comment{};
};

// Errors: kInvalidArgument    too long, or not for this asker; "QUOTA_EXCEEDED": too many are open
//         kNotFound           an object that the user may not see
Result<AccessRequestPtr> CreateRequest(Catalog& catalog, const Asker& asker,
                                       const NewRequest& wanted);

struct RequestAnswer {
  RequestStatus status = RequestStatus::kClosed;
  std::string answer{};
  bool grant = false;  // what was asked for, in the same change
};
// Whoever made a request may close it, and no more.
// Errors: kNotFound          no such request, or not for this caller
//         kConflict          it was answered already
//         kPermissionDenied  the grant; kInvalidArgument
Result<AccessRequestPtr> AnswerRequest(Catalog& catalog, const Asker& by, const std::string& id,
                                       const RequestAnswer& answer);

// The object that a user's request is about, or the share of a recipient's; null: it is gone, or
// was never there.
const Securable* ObjectOf(const Picture& picture, const AccessRequest& request);
bool MayAnswer(const Picture& picture, const Access& access, const AccessRequest& request);

}  // namespace sluice::catalog
