#include "sharing/list_page.h"

#include "base/json.h"
#include "sharing/errors.h"
#include "sharing/parameters.h"

namespace sluice::sharing {
namespace {

constexpr int64_t kMostResults = 500;
// List tokens outlive any client's walk through a list; they carry no right of their own.
constexpr Millis kLifetime = std::chrono::hours(72);

}  // namespace

Result<ListPage> ListPage::Parse(const Services& services, const net::Request& request,
                                 const TokenScope& scope) {
  ListPage page(services, scope);
  if (const auto text = request.query.Find("maxResults")) {
    const int64_t value = TRY(ParseNumber(*text));
    if (value < 0 || value > kMostResults)
      return InvalidParameter(std::string(errors::kMaxResults));
    page.max_results_ = static_cast<size_t>(value);
  }
  const auto token = request.query.Find("pageToken");
  if (token && !token->empty()) {
    Result<std::string> after = services.tokens.Open(scope, *token);
    if (!after) return InvalidParameter(std::string(errors::kBadListToken));
    page.after_ = *std::move(after);
  }
  return page;
}

bool ListPage::Offer(std::string_view key, const std::function<void(std::string&)>& render) {
  if (!after_.empty() && key <= after_) return true;
  if (count_ == max_results_) {
    more_ = true;
    return false;
  }
  if (count_++ > 0) items_ += ',';
  render(items_);
  last_ = key;
  return true;
}

// Members without content are left out: an empty list is {}, as with the reference server.
net::Response ListPage::Finish() {
  std::string body = "{";
  if (count_ > 0) body += R"("items":[)" + items_ + ']';
  if (more_) {
    body += count_ > 0 ? R"(,"nextPageToken":)" : R"("nextPageToken":)";
    json::AppendQuoted(services_.tokens.Seal(scope_, count_ == 0 ? after_ : last_, kLifetime),
                       body);
  }
  body += '}';
  return net::Response::Text(200, "application/json; charset=utf-8", std::move(body));
}

}  // namespace sluice::sharing
