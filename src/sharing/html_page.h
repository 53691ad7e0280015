// sharing/html_page.h -- the frame of the pages that recipients see: head, style, and the headers
// that keep a page to itself.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace sluice::sharing {

// `title` is text, `body` is HTML in which all text is escaped already.
net::Response HtmlPage(int status, std::string_view title, std::string_view body);

// Headers that an answer of a secret address needs, page or file.
void KeepPrivate(net::Response& response);

}  // namespace sluice::sharing
