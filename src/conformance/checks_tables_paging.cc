// Long answers, in one piece and in pages, and links that are asked for again.
#include <fmt/format.h>

#include <array>
#include <set>

#include "base/encoding.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"
#include "conformance/table_query.h"

namespace sluice::conformance {
namespace {

constexpr int kFiles = 2500;  // of many_files
constexpr int kMaxPages = 50;

// The files by the only thing that tells them apart. Twice the same counts once.
void Collect(Context& context, const Told& reply, std::set<std::string>& parts) {
  for (const DataFile& file : reply.table.files) {
    const std::string part = TextMember(file.partition_values, "part").value_or("none");
    const bool first = parts.insert(part).second;
    if (!first) context.Expect(false, reply.answer, "each file once", "part " + part + " again");
  }
}

void ExpectAll(Context& context, const Answer& answer, const std::set<std::string>& parts) {
  context.Expect(parts.size() == kFiles, answer, fmt::format("{} files", kFiles),
                 fmt::format("{} files", parts.size()));
}

std::string NextPage(const Told& reply) {
  return reply.table.end ? TextMember(*reply.table.end, "nextPageToken").value_or("") : "";
}

Status WholeIn(Context& context, Format format) {
  const Told reply = TRY(QueryTable(context, context.table(), "{}", format));
  std::set<std::string> parts;
  Collect(context, reply, parts);
  context.Expect(NextPage(reply).empty(), reply.answer,
                 "no pages for a client that asked for none");
  ExpectAll(context, reply.answer, parts);
  return {};
}
Status Whole(Context& context) { return WholeIn(context, Format::kParquet); }
Status WholeDelta(Context& context) { return WholeIn(context, Format::kDelta); }

// Goes through the pages; nothing where the server knows none.
Status PagesIn(Context& context, Format format) {
  constexpr size_t kPage = 700;
  std::set<std::string> parts;
  std::string token;
  for (int page = 0; page < kMaxPages; ++page) {
    json::Object body = {{"maxFiles", kPage}};
    if (!token.empty()) body["pageToken"] = token;
    const Told reply = TRY(QueryTable(context, context.table(), json::Serialize(body), format));
    ExpectVersionHeader(context, reply.answer, Made(context).Latest());
    Collect(context, reply, parts);
    token = NextPage(reply);
    if (page == 0 && token.empty() && reply.table.files.size() == kFiles) {
      return context.Skip("the server answers in one piece, whatever maxFiles says");
    }
    context.Expect(reply.table.files.size() <= kPage, reply.answer,
                   fmt::format("at most {} files in a page", kPage),
                   fmt::format("{} files", reply.table.files.size()));
    if (token.empty()) {
      ExpectAll(context, reply.answer, parts);
      return {};
    }
  }
  context.Expect(false, "an end of pages", fmt::format("{} pages", kMaxPages));
  return {};
}
Status Pages(Context& context) { return PagesIn(context, Format::kParquet); }
Status PagesDelta(Context& context) { return PagesIn(context, Format::kDelta); }

Status PagesOfAVersion(Context& context) {
  const Told first =
      TRY(QueryTable(context, context.table(), R"({"version": 2, "maxFiles": 1000})"));
  const std::string token = NextPage(first);
  if (token.empty()) return context.Skip("the server answers in one piece");
  std::set<std::string> parts;
  Collect(context, first, parts);
  const Told second = TRY(QueryTable(
      context, context.table(),
      json::Serialize(json::Object{{"version", 2}, {"maxFiles", 1000}, {"pageToken", token}})));
  Collect(context, second, parts);
  ExpectVersionHeader(context, first.answer, 2);
  ExpectVersionHeader(context, second.answer, 2);
  context.Expect(parts.size() == 1500, second.answer, "the 1500 files of version 2",
                 fmt::format("{} files", parts.size()));
  return {};
}

Status BadPageToken(Context& context) {
  const Answer answer = TRY(context.Post(context.table().Path("/query"),
                                         R"({"maxFiles": 700, "pageToken": "no such token"})"));
  if (answer.status == 200) {
    const TableAnswer table = TRY(context.RequireTable(answer));
    if (table.files.size() == kFiles) return context.Skip("the server answers in one piece");
  }
  ExpectRefused(context, answer, "the page token is none of the server's");
  return {};
}

const HeaderList kWantsEnd = {
    {std::string(kCapabilitiesHeader), "responseformat=parquet;includeendstreamaction=true"}};

Status Refreshed(Context& context) {
  const Answer first = TRY(
      context.Post(context.table().Path("/query"), R"({"includeRefreshToken": true})", kWantsEnd));
  const TableAnswer before = TRY(context.RequireTable(first));
  const std::string token = before.end ? TextMember(*before.end, "refreshToken").value_or("") : "";
  if (token.empty()) return context.Skip("the server gives no refresh tokens");
  const Answer second =
      TRY(context.Post(context.table().Path("/query"),
                       json::Serialize(json::Object{{"refreshToken", token}}), kWantsEnd));
  TableAnswer after = TRY(context.RequireTable(second));
  const auto ids = [](const TableAnswer& table) {
    std::multiset<std::string> found;
    for (const DataFile& file : table.files) found.insert(file.id);
    return found;
  };
  context.Expect(ids(before) == ids(after), second, "the same files again",
                 fmt::format("{} files, {} before", after.files.size(), before.files.size()));
  ExpectVersionHeader(context, second, Made(context).Latest());
  const Told reply{.answer = second, .table = std::move(after)};
  return ExpectVersion(context, Made(context), reply, Made(context).Latest());
}

Status BadRefreshToken(Context& context) {
  const Answer probe = TRY(
      context.Post(context.table().Path("/query"), R"({"includeRefreshToken": true})", kWantsEnd));
  const TableAnswer table = TRY(context.RequireTable(probe));
  if (!table.end || !table.end->contains("refreshToken")) {
    return context.Skip("the server gives no refresh tokens");
  }
  const Answer answer =
      TRY(context.Post(context.table().Path("/query"), R"({"refreshToken": "no such token"})"));
  ExpectRefused(context, answer, "the refresh token is none of the server's");
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    MadeTableCheck("long-answer.whole", "An answer of 2,500 files is whole", "many_files", Whole,
                   kReadData, Level::kRequired),
    MadeTableCheck("long-answer.whole-delta", "The same in delta format", "many_files", WholeDelta,
                   kDeltaFormat, Level::kRequired),
    MadeTableCheck("paging.files", "Pages hold each file once, of one version", "many_files", Pages,
                   kEndStreamAction, Level::kOptional),
    MadeTableCheck("paging.files-delta", "The same in delta format", "many_files", PagesDelta,
                   kEndStreamAction, Level::kOptional),
    MadeTableCheck("paging.version", "Pages of an earlier version stay with it", "many_files",
                   PagesOfAVersion, kEndStreamAction, Level::kOptional),
    MadeTableCheck("paging.bad-token", "A page token that is none is refused", "many_files",
                   BadPageToken, kEndStreamAction, Level::kOptional),
    MadeTableCheck("links.refresh", "A refresh token gives links to the same files", "history",
                   Refreshed, kEndStreamAction, Level::kOptional),
    MadeTableCheck("links.bad-refresh-token", "A refresh token that is none is refused", "history",
                   BadRefreshToken, kEndStreamAction, Level::kOptional),
});

}  // namespace

std::span<const Check> PagingChecks() { return kChecks; }

}  // namespace sluice::conformance
