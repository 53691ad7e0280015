// unity/list.h -- paging of Unity Catalog's lists: max_results and page_token in, next_page_token
// out.
//
// max_results 0, or none, is the server's page size. A token is a hash of the list that it is for,
// path and filters, and the name of the last item that was looked at, in base64url: a list goes on
// behind it, whatever came or went meanwhile, and no other list takes it. A page may be empty while
// a token is there: what a caller may not see is looked at, too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "catalog/picture.h"
#include "net/http.h"

namespace sluice::unity {

// A parameter that says how many items are wanted; 0, or none, is `most`, and more is `most`, too.
// Errors: kInvalidArgument  not a whole number, or negative
Result<size_t> ReadMost(const net::Request& request, std::string_view name, size_t most);

// The token of a page whose last item is `last`, for who asks the same again.
std::string PageTokenBehind(const net::Request& request, std::string_view last);
// Behind which item the asked page begins; empty: it is the first page.
// Errors: kInvalidArgument  page_token is not one of ours, or of another path or other filters
Result<std::string> ReadPageToken(const net::Request& request);

class ListPage {
 public:
  // `most`: the largest page that is given out, and its size where nobody asks for one. `request`
  // must outlive it.
  // Errors: kInvalidArgument  max_results out of range, page_token not one of ours
  static Result<ListPage> Parse(const net::Request& request, size_t most = 1000);

  // The items begin behind this name; empty: at the first.
  const std::string& after() const { return after_; }

  // For lists that are no walk over names: how many are wanted, and the token of what comes behind
  // `name`.
  size_t size() const { return size_; }
  std::string TokenBehind(std::string_view name) const;

  // For VisitChildren: offers an item. Returns false when the page ends here.
  // `json`: made for those that the caller may see; nothing: left out of the page.
  bool Take(std::string_view name, std::optional<json::Object> item);

  // {"shares":[...],"next_page_token":"..."}
  // With other members of the answer beside them.
  net::Response Finish(std::string_view items_name, json::Object more = {}) &&;

 private:
  const net::Request* request_ = nullptr;
  std::string after_;
  size_t size_ = 0;
  size_t looked_at_ = 0;
  json::Array items_;
  std::string last_;
  bool more_ = false;
};

// How the dialect writes what all securables have in common.
// Leaves out what is empty, as Databricks does.
void PutText(json::Object& object, std::string_view name, std::string_view text);
void PutMap(json::Object& object, std::string_view name, const catalog::Properties& map);
// owner, comment, created_at, created_by, updated_at, updated_by; metastore_id
void PutCommon(json::Object& object, const catalog::Picture& picture,
               const catalog::Securable& securable);
net::Response JsonResponse(const json::Value& value, int status = 200);

}  // namespace sluice::unity
