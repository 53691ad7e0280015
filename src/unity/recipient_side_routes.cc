// What a recipient sees of itself and of what is shared with it.
//
// Tables are found and loaded as the sharing protocol does it: the same grants, filters and
// history. Nothing is told of where tables lie, of their sources' names, or of the provider's
// people.
#include <algorithm>

#include "base/json.h"
#include "catalog/errors.h"
#include "catalog/model.h"
#include "catalog/share_grants.h"
#include "sharing/errors.h"
#include "sharing/table_request.h"
#include "unity/insights.h"
#include "unity/recipient_side.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

constexpr size_t kMostVersions = 100;
constexpr std::string_view kRecipient = "recipient:";

std::unexpected<Error> NothingShown() {
  return Fail(Code::kUnsupported, "This server does not show what is shared.");
}

json::Array TokensJson(const catalog::Recipient& recipient, TimePoint now) {
  json::Array tokens;
  for (const catalog::RecipientToken& token : recipient.tokens) {
    const bool works = token.hash && (!token.expires_at || now < *token.expires_at);
    if (!works) continue;
    json::Object one{{"created_at", ToUnixMillis(token.created_at)}};
    if (token.expires_at) one["expiration_time"] = ToUnixMillis(*token.expires_at);
    tokens.push_back(std::move(one));
  }
  return tokens;
}

// Of the shares whose grants end by themselves: when.
json::Array EndsJson(const catalog::Picture& picture, const catalog::Securable& recipient,
                     const std::vector<catalog::ShareName>& shares) {
  json::Array ends;
  for (const catalog::ShareName& name : shares) {
    const catalog::Securable* share = picture.FindByName(catalog::Kind::kShare, name.name);
    const catalog::Grant* grant =
        share == nullptr ? nullptr : catalog::GrantOf(*share, recipient.id);
    if (grant == nullptr || !grant->expires_at) continue;
    ends.push_back(json::Object{{"share", share->name},
                                {"expiration_time", ToUnixMillis(*grant->expires_at)}});
  }
  return ends;
}

Result<net::Response> GetHome(const Services& services, const net::Request& request) {
  if (services.sharing == nullptr) return NothingShown();
  const auto picture = services.catalog.Now();
  const std::string_view principal = request.principal;
  const catalog::Securable* recipient = principal.starts_with(kRecipient)
                                            ? picture->Find(principal.substr(kRecipient.size()))
                                            : nullptr;
  if (recipient == nullptr || recipient->kind() != catalog::Kind::kRecipient) {
    return Fail(Code::kPermissionDenied, "Only recipients have this page.");
  }
  json::Object body{{"name", recipient->name}};
  const auto& metastore = picture->metastore().As<catalog::Metastore>();
  PutText(body, "organization_name", metastore.organization_name);
  body["tokens"] = TokensJson(recipient->As<catalog::Recipient>(), services.clock.Now());
  const auto shares = services.sharing->resolver.Shares(principal);
  size_t tables = 0;
  for (const catalog::ShareName& share : shares) {
    // One that was taken back meanwhile has none.
    const auto granted = services.sharing->resolver.FindShare(principal, share.name);
    if (!granted) continue;
    for (const catalog::SharedSchema& schema : (*granted)->schemas) tables += schema.tables.size();
  }
  body["num_shares"] = shares.size();
  body["num_tables"] = tables;
  body["ending_shares"] = EndsJson(*picture, *recipient, shares);
  return JsonResponse(body);
}

// What the request is about, and its newest version as it is shared.
struct Shared {
  std::shared_ptr<const catalog::SharedTable> table;
  std::shared_ptr<const delta::Snapshot> snapshot;
};
// Errors: those of Resolver::FindTable and sharing::LoadSnapshot
Result<Shared> Load(const Services& services, const net::Request& request) {
  if (services.sharing == nullptr) return NothingShown();
  const catalog::TableName name = TRY(SharedNameOf(request));
  Shared shared;
  shared.table = TRY(services.sharing->resolver.FindTable(request.principal, name));
  shared.snapshot = TRY(sharing::LoadSnapshot(*services.sharing, *shared.table, {}));
  return shared;
}

Result<net::Response> Sample(const Services& services, const net::Request& request) {
  const size_t limit = TRY(RowLimitOf(request));
  const Shared shared = TRY(Load(services, request));
  auto text = SampleText(services, shared.table->location, shared.snapshot, {.most = limit});
  if (!text) return std::unexpected(sharing::TableError(*shared.table, std::move(text).error()));
  return net::Response::Text(200, "application/json", *std::move(text));
}

Result<net::Response> ListVersions(const Services& services, const net::Request& request) {
  const ListPage page = TRY(ListPage::Parse(request, kMostVersions));
  const auto from = TRY(NextVersionOf(page));
  const Shared shared = TRY(Load(services, request));
  const catalog::SharedTable& table = *shared.table;
  json::Object body{{"history_shared", table.history_shared}};
  json::Array versions;
  if (!table.history_shared) {
    delta::CommitSummary now;
    now.version = shared.snapshot->version();
    now.time = shared.snapshot->commit_time();
    if (!from) versions.push_back(SharedCommitJson(now));
    body["versions"] = std::move(versions);
    return JsonResponse(body);
  }
  const auto read = services.snapshots.Commits(table.location, from, page.size());
  if (!read) return std::unexpected(sharing::TableError(table, read.error()));
  const delta::Version oldest = std::max(read->earliest, table.start_version);
  for (const delta::CommitSummary& commit : read->commits) {
    if (commit.version >= oldest) versions.push_back(SharedCommitJson(commit));
  }
  if (!read->commits.empty() && read->commits.back().version > oldest) {
    body["next_page_token"] = page.TokenBehind(std::to_string(read->commits.back().version));
  }
  body["versions"] = std::move(versions);
  return JsonResponse(body);
}

}  // namespace

Result<catalog::TableName> SharedNameOf(const net::Request& request) {
  const std::string_view text = request.Param("shared_name");
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) {
    return catalog::InvalidParameter("The table must be named as share.schema.table.");
  }
  return catalog::TableName{std::string(text.substr(0, first)),
                            std::string(text.substr(first + 1, second - first - 1)),
                            std::string(text.substr(second + 1))};
}

Rows RecipientSideRoutes(const Services& services) {
  using net::Access, net::Work;
  const std::string one = "/2.1/sluice/recipient/tables/{shared_name}";
  return {
      {net::Method::kGet, "/2.1/sluice/recipient/home", Access::kRecipient, Work::kMemory,
       With(services, GetHome), "getRecipientHome"},
      {net::Method::kGet, one + "/sample", Access::kRecipient, Work::kStorage,
       With(services, Sample), "sampleSharedTable"},
      {net::Method::kGet, one + "/versions", Access::kRecipient, Work::kStorage,
       With(services, ListVersions), "listSharedTableVersions"},
  };
}

}  // namespace sluice::unity
