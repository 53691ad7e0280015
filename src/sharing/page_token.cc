#include "sharing/page_token.h"

#include "base/encoding.h"
#include "sharing/packed.h"

namespace sluice::sharing {
namespace {

std::string Context(const TokenScope& scope) {
  std::string context;
  PackText(scope.operation, context);
  PackText(scope.principal, context);
  PackText(scope.object, context);
  if (!scope.filter.empty()) PackText(scope.filter, context);
  return context;
}

}  // namespace

TokenSealer::TokenSealer(std::string_view master_key, Random& random, const Clock& clock)
    : key_(crypto::Hkdf(master_key, "sluice page token")), random_(random), clock_(clock) {}

std::string TokenSealer::Seal(const TokenScope& scope, std::string_view content,
                              Millis lifetime) const {
  std::string plain;
  PackNumber(static_cast<uint64_t>(ToUnixMillis(clock_.Now() + lifetime)), plain);
  plain += content;
  return Base64Url(crypto::Seal(key_, plain, Context(scope), random_));
}

Result<std::string> TokenSealer::Open(const TokenScope& scope, std::string_view token) const {
  const std::string sealed = TRY(DecodeBase64Url(token));
  const std::string plain = TRY(crypto::Open(key_, sealed, Context(scope)));
  Unpacker in(plain);
  const auto expires = static_cast<int64_t>(in.Number());
  if (!in.ok() || expires < ToUnixMillis(clock_.Now())) {
    return Fail(Code::kInvalidArgument, "the token has expired");
  }
  return std::string(in.Rest());
}

std::string TokenHash(std::string_view text) {
  const crypto::Digest digest = crypto::Sha256(text);
  return std::string(crypto::View(digest).substr(0, 16));
}

std::string PackQueryPage(const QueryPage& page) {
  std::string out;
  PackNumber(static_cast<uint64_t>(page.version), out);
  PackNumber(static_cast<uint64_t>(page.rows_before), out);
  PackText(page.request, out);
  PackText(page.table, out);
  PackText(page.after.dv_id, out);
  out += page.after.path;
  return out;
}

Result<QueryPage> UnpackQueryPage(std::string_view content) {
  Unpacker in(content);
  QueryPage page;
  page.version = static_cast<delta::Version>(in.Number());
  page.rows_before = static_cast<int64_t>(in.Number());
  page.request = in.Text();
  page.table = in.Text();
  page.after.dv_id = in.Text();
  page.after.path = in.Rest();
  if (!in.ok()) return Fail(Code::kInvalidArgument, "a page token of another form");
  return page;
}

std::string PackChangesPage(const ChangesPage& page) {
  std::string out;
  PackNumber(static_cast<uint64_t>(page.first), out);
  PackNumber(static_cast<uint64_t>(page.last), out);
  PackNumber(static_cast<uint64_t>(page.version), out);
  PackNumber(page.index, out);
  PackText(page.request, out);
  PackText(page.table, out);
  return out;
}

Result<ChangesPage> UnpackChangesPage(std::string_view content) {
  Unpacker in(content);
  ChangesPage page;
  page.first = static_cast<delta::Version>(in.Number());
  page.last = static_cast<delta::Version>(in.Number());
  page.version = static_cast<delta::Version>(in.Number());
  page.index = in.Number();
  page.request = in.Text();
  page.table = in.Text();
  if (!in.ok()) return Fail(Code::kInvalidArgument, "a page token of another form");
  return page;
}

std::string PackAsyncQuery(const AsyncQuery& query) {
  std::string out;
  PackNumber(static_cast<uint64_t>(query.version), out);
  PackText(query.file_ids, out);
  PackText(query.place, out);
  PackText(query.key, out);
  PackText(query.request, out);
  out += query.asked;
  return out;
}

Result<AsyncQuery> UnpackAsyncQuery(std::string_view content) {
  Unpacker in(content);
  AsyncQuery query;
  query.version = static_cast<delta::Version>(in.Number());
  query.file_ids = in.Text();
  query.place = in.Text();
  query.key = in.Text();
  query.request = in.Text();
  query.asked = in.Rest();
  if (!in.ok()) return Fail(Code::kInvalidArgument, "a query id of another form");
  return query;
}

}  // namespace sluice::sharing
