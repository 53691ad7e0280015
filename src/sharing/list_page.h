// sharing/list_page.h -- paging of lists: maxResults and pageToken in, items and nextPageToken out.
//
// Source: Delta Sharing PROTOCOL.md, "List Shares". A page token holds the last name that was sent,
// so that pages stay right while the catalog changes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "sharing/page_token.h"
#include "sharing/services.h"

namespace sluice::sharing {

class ListPage {
 public:
  // Errors: kInvalidArgument  maxResults out of range, or a token that is not for this list
  static Result<ListPage> Parse(const Services& services, const net::Request& request,
                                const TokenScope& scope);

  // Offers one item of the list, in ascending order of `key`. `render` is called for the items of
  // this page only and appends one JSON object. False: the page is full, stop offering.
  bool Offer(std::string_view key, const std::function<void(std::string&)>& render);

  net::Response Finish();

 private:
  ListPage(const Services& services, TokenScope scope) : services_(services), scope_(scope) {}

  const Services& services_;
  TokenScope scope_;
  size_t max_results_ = 500;
  std::string after_;
  std::string last_;
  size_t count_ = 0;
  bool more_ = false;
  std::string items_;
};

}  // namespace sluice::sharing
