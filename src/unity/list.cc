#include "unity/list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "catalog/errors.h"

namespace sluice::unity {
namespace {

// Of items that are looked at for one page, seen or not: no page takes long.
constexpr size_t kMostLookedAt = 10'000;

// Bytes of a list's hash: that two lists of one server have the same is no danger, only odd.
constexpr size_t kListHash = 12;

// Where and for what `request` asks, without what differs from page to page.
std::string HashOfList(const net::Request& request) {
  std::vector<std::string> filters;
  for (const auto& [name, value] : request.query.all()) {
    if (name == "page_token" || name == "max_results" || name == "page_size") continue;
    filters.push_back(PercentEncode(name) + '=' + PercentEncode(value));
  }
  std::ranges::sort(filters);
  const crypto::Digest digest =
      crypto::Sha256(fmt::format("{}?{}", request.path, fmt::join(filters, "&")));
  return std::string(crypto::View(digest).substr(0, kListHash));
}

}  // namespace

std::string PageTokenBehind(const net::Request& request, std::string_view last) {
  return Base64Url(HashOfList(request) + std::string(last));
}

Result<std::string> ReadPageToken(const net::Request& request) {
  const auto token = request.query.Find("page_token");
  if (!token || token->empty()) return std::string();
  const Result<std::string> text = DecodeBase64Url(*token);
  if (!text || text->size() <= kListHash || !text->starts_with(HashOfList(request))) {
    return catalog::InvalidParameter(
        "Invalid page_token: it is none of this server, or of another list or other filters.");
  }
  return text->substr(kListHash);
}

Result<size_t> ReadMost(const net::Request& request, std::string_view name, size_t most) {
  const auto text = request.query.Find(name);
  if (!text) return most;
  int64_t wanted = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), wanted);
  if (failure != std::errc() || end != text->data() + text->size() || wanted < 0) {
    return catalog::InvalidParameter(std::string(name) +
                                     " must be a whole number that is not negative.");
  }
  return wanted == 0 ? most : std::min(most, static_cast<size_t>(wanted));
}

Result<ListPage> ListPage::Parse(const net::Request& request, size_t most) {
  ListPage page;
  page.size_ = TRY(ReadMost(request, "max_results", most));
  page.request_ = &request;
  page.after_ = TRY(ReadPageToken(request));
  return page;
}

std::string ListPage::TokenBehind(std::string_view name) const {
  return PageTokenBehind(*request_, name);
}

bool ListPage::Take(std::string_view name, std::optional<json::Object> item) {
  if (items_.size() == size_ || looked_at_ == kMostLookedAt) {
    more_ = true;
    return false;
  }
  ++looked_at_;
  last_ = name;
  if (item) items_.push_back(*std::move(item));
  return true;
}

net::Response ListPage::Finish(std::string_view items_name, json::Object body) && {
  body[items_name] = std::move(items_);
  if (more_) body["next_page_token"] = TokenBehind(last_);
  return JsonResponse(std::move(body));
}

void PutText(json::Object& object, std::string_view name, std::string_view text) {
  if (!text.empty()) object[name] = text;
}

void PutMap(json::Object& object, std::string_view name, const catalog::Properties& map) {
  if (map.empty()) return;
  json::Object members;
  for (const auto& [key, value] : map) members[key] = value;
  object[name] = std::move(members);
}

void PutCommon(json::Object& object, const catalog::Picture& picture,
               const catalog::Securable& securable) {
  object["owner"] = picture.PrincipalName(securable.owner);
  PutText(object, "comment", securable.comment);
  object["created_at"] = ToUnixMillis(securable.created_at);
  PutText(object, "created_by", securable.created_by);
  object["updated_at"] = ToUnixMillis(securable.updated_at);
  PutText(object, "updated_by", securable.updated_by);
  object["metastore_id"] = picture.metastore().id;
}

net::Response JsonResponse(const json::Value& value, int status) {
  return net::Response::Text(status, "application/json", json::Serialize(value));
}

}  // namespace sluice::unity
