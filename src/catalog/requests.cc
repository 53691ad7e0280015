#include "catalog/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "catalog/errors.h"
#include "catalog/grants.h"
#include "catalog/securables.h"
#include "catalog/share_grants.h"

namespace sluice::catalog {
namespace {

constexpr size_t kMostComment = 200;
constexpr size_t kMostFeedback = 2000;
constexpr size_t kMostAnswer = 2000;

size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Status CheckTexts(const NewRequest& wanted) {
  const size_t most = wanted.kind == RequestKind::kFeedback ? kMostFeedback : kMostComment;
  if (Characters(wanted.comment) > most) {
    return InvalidParameter(fmt::format("comment must have at most {} characters.", most));
  }
  if (wanted.kind == RequestKind::kFeedback && wanted.comment.empty()) {
    return MissingField("CreateRequest", "comment");
  }
  if (wanted.share.size() > 255 || wanted.table.size() > 511) {
    return InvalidParameter("share and table must be names.");
  }
  return {};
}

Status FillForRecipient(const Picture& picture, const NewRequest& wanted, AccessRequest& request) {
  const Securable* recipient = picture.Find(request.asker.id);
  if (recipient == nullptr) return DoesNotExist(Kind::kRecipient, request.asker.id);
  if (wanted.securable_type || !wanted.privileges.empty() || !wanted.full_name.empty()) {
    return InvalidParameter("Recipients ask for a share, or a table of one.");
  }
  // Who does not know what there is says so in words.
  if (wanted.kind == RequestKind::kAccess && wanted.share.empty() && wanted.comment.empty()) {
    return MissingField("CreateRequest", "comment");
  }
  request.asker_name = recipient->name;
  request.share = wanted.share;
  request.table = wanted.table;
  return {};
}

Status FillForUser(const Edit& edit, const NewRequest& wanted, AccessRequest& request) {
  const Picture& picture = edit.picture();
  request.asker_name = picture.PrincipalName(request.asker.id);
  if (wanted.kind == RequestKind::kRenewal || !wanted.share.empty() || !wanted.table.empty()) {
    return InvalidParameter("Users ask for privileges: securable_type, full_name, privileges.");
  }
  if (!wanted.securable_type) {
    if (wanted.kind == RequestKind::kFeedback) return {};
    return MissingField("CreateRequest", "securable_type");
  }
  const Access access = AccessOf(edit);
  const Securable* object =
      TRY(FindVisible(picture, access, *wanted.securable_type, wanted.full_name));
  request.object = object->id;
  if (wanted.kind == RequestKind::kAccess && wanted.privileges.empty()) {
    return MissingField("CreateRequest", "privileges");
  }
  for (const std::string& name : wanted.privileges) {
    const auto privilege = ParsePrivilege(name);
    if (!privilege || !IsGrantable(*privilege, object->kind())) {
      return InvalidParameter(
          fmt::format("Privilege {} is not applicable to a {}.", name, KindWords(object->kind())));
    }
    if (std::ranges::find(request.privileges, *privilege) == request.privileges.end()) {
      request.privileges.push_back(*privilege);
    }
  }
  return {};
}

// Makes room where an asker has many that are answered.
Status MakeRoom(Edit& edit, const Asker& asker) {
  const std::vector<AccessRequestPtr> all = edit.picture().requests().Of(asker.id);
  const auto open = std::ranges::count(all, RequestStatus::kOpen, &AccessRequest::status);
  if (static_cast<size_t>(open) >= kMostOpenRequests) {
    return Fail(Code::kInvalidArgument,
                fmt::format("{} of your requests are open: wait for answers, or close some.", open),
                {}, "QUOTA_EXCEEDED");
  }
  if (all.size() < kMostRequests) return {};
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    if ((*at)->status == RequestStatus::kOpen) continue;
    edit.EraseRequest((*at)->id);
    return {};
  }
  return {};
}

Caller CallerOf(const Catalog& catalog, const Asker& asker) {
  const auto picture = catalog.Now();
  if (!asker.is_recipient) return {asker.id, picture->PrincipalName(asker.id)};
  const Securable* recipient = picture->Find(asker.id);
  return {asker.id, recipient == nullptr ? asker.id : recipient->name};
}

// Gives what was asked for, by the rights of who answers.
Status Give(Edit& edit, const AccessRequest& request) {
  const Securable* object = ObjectOf(edit.picture(), request);
  if (request.kind != RequestKind::kAccess || object == nullptr) {
    return InvalidParameter("What was asked for cannot be granted here: answer without grant.");
  }
  if (request.asker.is_recipient) {
    const Securable* recipient = edit.picture().Find(request.asker.id);
    if (recipient == nullptr) return DoesNotExist(Kind::kRecipient, request.asker_name);
    TRY(ChangeSharePermissions(edit, object->name,
                               {{.recipient = recipient->name, .add = {"SELECT"}}}));
    return {};
  }
  PrivilegeChange change{.principal = edit.picture().PrincipalName(request.asker.id)};
  for (const Privilege one : request.privileges) change.add.emplace_back(PrivilegeName(one));
  const std::string name = edit.picture().FullName(*object);
  return ChangeGrants(edit, {object->kind(), name}, {change});
}

// What `by` may not see is not there.
Result<AccessRequestPtr> FindFor(const Edit& edit, const Asker& by, const std::string& id,
                                 const RequestAnswer& answer) {
  AccessRequestPtr request = edit.picture().requests().Find(id);
  if (request == nullptr) return NoSuchRequest(id);
  const bool own = request->asker.id == by.id;
  if (own && answer.status == RequestStatus::kClosed && !answer.grant) return request;
  if (!by.is_recipient && MayAnswer(edit.picture(), AccessOf(edit), *request)) return request;
  if (!own) return NoSuchRequest(id);
  return Fail(Code::kPermissionDenied, "Who made a request may close it; others answer it.");
}

Status CheckAnswer(const RequestAnswer& answer) {
  if (answer.status == RequestStatus::kOpen) {
    return InvalidParameter("status must be APPROVED, DENIED or CLOSED.");
  }
  if (answer.grant && answer.status != RequestStatus::kApproved) {
    return InvalidParameter("Only what is approved can be granted.");
  }
  if (Characters(answer.answer) > kMostAnswer) {
    return InvalidParameter(fmt::format("answer must have at most {} characters.", kMostAnswer));
  }
  return {};
}

}  // namespace

const Securable* ObjectOf(const Picture& picture, const AccessRequest& request) {
  if (!request.asker.is_recipient) {
    return request.object.empty() ? nullptr : picture.Find(request.object);
  }
  return request.share.empty() ? nullptr : picture.FindByName(Kind::kShare, request.share);
}

bool MayAnswer(const Picture& picture, const Access& access, const AccessRequest& request) {
  if (access.IsMetastoreAdmin()) return true;
  const Securable* object = ObjectOf(picture, request);
  if (object != nullptr && access.May(Action::kManageGrants, *object).allowed) return true;
  if (!request.asker.is_recipient) return false;
  const Securable* recipient = picture.Find(request.asker.id);
  return recipient != nullptr && access.May(Action::kModify, *recipient).allowed;
}

Result<AccessRequestPtr> CreateRequest(Catalog& catalog, const Asker& asker,
                                       const NewRequest& wanted) {
  TRY(CheckTexts(wanted));
  AccessRequestPtr made;
  TRY(catalog.Change(CallerOf(catalog, asker), [&](Edit& edit) -> Status {
    AccessRequest request{.kind = wanted.kind, .asker = asker, .comment = wanted.comment};
    TRY(asker.is_recipient ? FillForRecipient(edit.picture(), wanted, request)
                           : FillForUser(edit, wanted, request));
    TRY(MakeRoom(edit, asker));
    request.id = edit.NewUuid();
    request.created_at = edit.now();
    made = edit.Put(std::move(request));
    return {};
  }));
  return made;
}

Result<AccessRequestPtr> AnswerRequest(Catalog& catalog, const Asker& by, const std::string& id,
                                       const RequestAnswer& answer) {
  TRY(CheckAnswer(answer));
  AccessRequestPtr made;
  TRY(catalog.Change(CallerOf(catalog, by), [&](Edit& edit) -> Status {
    const AccessRequestPtr before = TRY(FindFor(edit, by, id, answer));
    if (before->status != RequestStatus::kOpen) {
      return Fail(Code::kConflict, fmt::format("Request '{}' was answered already.", id));
    }
    if (answer.grant) TRY(Give(edit, *before));
    AccessRequest after = *before;
    after.status = answer.status;
    after.answer = answer.answer;
    after.answered_by = edit.caller().name;
    after.answered_at = edit.now();
    after.granted = answer.grant;
    made = edit.Put(std::move(after));
    return {};
  }));
  return made;
}

}  // namespace sluice::catalog
