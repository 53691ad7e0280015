// Ours: recipients and users ask and tell, others answer.
#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/requests.h"
#include "unity/asker.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/query_params.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

using catalog::AccessRequest;
using catalog::Asker;
using catalog::RequestKind;
using catalog::RequestStatus;

std::string_view KindText(RequestKind kind) {
  switch (kind) {
    case RequestKind::kAccess: return "access";
    case RequestKind::kFeedback: return "feedback";
    case RequestKind::kRenewal: return "renewal";
  }
  return "access";
}

std::string_view StatusText(RequestStatus status) {
  switch (status) {
    case RequestStatus::kOpen: return "OPEN";
    case RequestStatus::kApproved: return "APPROVED";
    case RequestStatus::kDenied: return "DENIED";
    case RequestStatus::kClosed: return "CLOSED";
  }
  return "OPEN";
}

Result<RequestKind> ReadKind(const std::string& text) {
  for (const auto kind : {RequestKind::kAccess, RequestKind::kFeedback, RequestKind::kRenewal}) {
    if (text == KindText(kind)) return kind;
  }
  return catalog::InvalidParameter("kind must be access, feedback or renewal.");
}

Result<RequestStatus> ReadStatus(const std::string& text) {
  for (const auto status : {RequestStatus::kOpen, RequestStatus::kApproved, RequestStatus::kDenied,
                            RequestStatus::kClosed}) {
    if (text == StatusText(status)) return status;
  }
  return catalog::InvalidParameter("status must be OPEN, APPROVED, DENIED or CLOSED.");
}

// A look at requests: whose they are is shown by the names of now.
struct Looking {
  const catalog::Picture& picture;
  const catalog::Access* access;  // null: a recipient looks
  const Asker& by;

  bool Own(const AccessRequest& request) const { return request.asker.id == by.id; }
  bool Sees(const catalog::Securable& securable) const {
    return access != nullptr && access->May(catalog::Action::kSee, securable).allowed;
  }
  bool MayAnswer(const AccessRequest& request) const {
    return access != nullptr && catalog::MayAnswer(picture, *access, request);
  }
};

std::string AskerName(const catalog::Picture& picture, const AccessRequest& request) {
  if (!request.asker.is_recipient) {
    return picture.FindPrincipal(request.asker.id) == nullptr
               ? request.asker_name
               : picture.PrincipalName(request.asker.id);
  }
  const catalog::Securable* recipient = picture.Find(request.asker.id);
  return recipient == nullptr ? request.asker_name : recipient->name;
}

json::Object RequestJson(const Looking& looking, const AccessRequest& request) {
  json::Object object{{"id", request.id},
                      {"kind", KindText(request.kind)},
                      {"status", StatusText(request.status)},
                      {"asked_by", AskerName(looking.picture, request)},
                      {"asked_by_type", request.asker.is_recipient ? "recipient" : "user"},
                      {"comment", request.comment},
                      {"created_at", ToUnixMillis(request.created_at)}};
  PutText(object, "share", request.share);
  PutText(object, "table", request.table);
  const catalog::Securable* securable =
      request.object.empty() ? nullptr : looking.picture.Find(request.object);
  // Who asked may have lost sight of it since, and it may have another name.
  if (securable != nullptr && looking.Sees(*securable)) {
    object["securable_type"] = AsciiLower(catalog::KindName(securable->kind()));
    object["full_name"] = looking.picture.FullName(*securable);
  }
  if (!request.privileges.empty()) {
    json::Array privileges;
    for (const auto one : request.privileges) {
      privileges.push_back(json::Value(catalog::PrivilegeName(one)));
    }
    object["privileges"] = std::move(privileges);
  }
  PutText(object, "answer", request.answer);
  if (request.answered_at) {
    // A recipient is not told who works at the provider.
    if (looking.access != nullptr) PutText(object, "answered_by", request.answered_by);
    object["answered_at"] = ToUnixMillis(*request.answered_at);
    object["granted"] = request.granted;
  }
  object["may_answer"] = request.status == RequestStatus::kOpen && looking.MayAnswer(request);
  return object;
}

// Calls `use` with what the caller may look with.
template <class Use>
auto Look(const Services& services, const net::Request& request, Use use) {
  const auto picture = services.catalog.Now();
  const Asker by = AskerOf(request);
  if (by.is_recipient) return use(Looking{*picture, nullptr, by});
  const catalog::Access access(*picture, by.id, services.clock.Now());
  return use(Looking{*picture, &access, by});
}

net::Response Answer(const Services& services, const net::Request& request,
                     const AccessRequest& made) {
  return Look(services, request,
              [&](const Looking& looking) { return JsonResponse(RequestJson(looking, made)); });
}

Result<net::Response> CreateRequest(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewRequest wanted;
  wanted.kind = TRY(ReadKind(TRY(fields.RequiredText("CreateRequest", "kind"))));
  wanted.share = TRY(fields.Text("share")).value_or("");
  wanted.table = TRY(fields.Text("table")).value_or("");
  if (const auto type = TRY(fields.Text("securable_type")); type && !type->empty()) {
    wanted.securable_type = catalog::ParseKind(*type);
    if (!wanted.securable_type) {
      return catalog::InvalidParameter("securable_type is not one of Unity Catalog's types.");
    }
  }
  wanted.full_name = TRY(fields.Text("full_name")).value_or("");
  wanted.privileges = TRY(fields.Texts("privileges"));
  wanted.comment = TRY(fields.Text("comment")).value_or("");
  const auto made = TRY(catalog::CreateRequest(services.catalog, AskerOf(request), wanted));
  return Answer(services, request, *made);
}

Result<net::Response> ListRequests(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const std::string status_text = TextParam(request, "status");
  std::optional<RequestStatus> status;
  if (!status_text.empty()) status = TRY(ReadStatus(status_text));
  const bool mine = TRY(FlagParam(request, "mine"));
  Look(services, request, [&](const Looking& looking) {
    looking.picture.requests().Visit(
        page.after(), [&](const std::string& name, const catalog::AccessRequestPtr& one) {
          const bool wanted = (!status || one->status == *status) &&
                              (looking.Own(*one) || (!mine && looking.MayAnswer(*one)));
          std::optional<json::Object> item;
          if (wanted) item = RequestJson(looking, *one);
          return page.Take(name, std::move(item));
        });
  });
  return std::move(page).Finish("requests");
}

Result<net::Response> GetRequest(const Services& services, const net::Request& request) {
  return Look(services, request, [&](const Looking& looking) -> Result<net::Response> {
    const std::string id(request.Param("id"));
    const auto found = looking.picture.requests().Find(id);
    if (found == nullptr || !(looking.Own(*found) || looking.MayAnswer(*found))) {
      return catalog::NoSuchRequest(id);
    }
    return JsonResponse(RequestJson(looking, *found));
  });
}

Result<net::Response> UpdateRequest(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::RequestAnswer answer;
  answer.status = TRY(ReadStatus(TRY(fields.RequiredText("UpdateRequest", "status"))));
  answer.answer = TRY(fields.Text("answer")).value_or("");
  answer.grant = TRY(fields.Flag("grant")).value_or(false);
  const auto made = TRY(catalog::AnswerRequest(services.catalog, AskerOf(request),
                                               std::string(request.Param("id")), answer));
  return Answer(services, request, *made);
}

}  // namespace

Rows RequestRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kBoth = net::Access::kRecipientOrUser;
  return {
      {kGet, "/2.1/sluice/requests", kBoth, kMemory, With(services, ListRequests), "listRequests"},
      {kPost, "/2.1/sluice/requests", kBoth, kStorage, With(services, CreateRequest),
       "createRequest",
       Describe(
           {"kind", "share", "table", "securable_type", "full_name", "privileges", "comment"})},
      {kGet, "/2.1/sluice/requests/{id}", kBoth, kMemory, With(services, GetRequest), "getRequest"},
      {kPatch, "/2.1/sluice/requests/{id}", kBoth, kStorage, With(services, UpdateRequest),
       "updateRequest", Describe({"status", "answer", "grant"})},
  };
}

}  // namespace sluice::unity
