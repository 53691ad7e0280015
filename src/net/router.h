// net/router.h -- route tables: method, path, access level, handler.
//
// Each room that speaks an API has one table. A row cannot forget its access level, because there
// is no row without one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace sluice::net {

// Who may call a route. The pipeline enforces it before the handler runs.
enum class Access {
  kPublic,      // anyone: health, metrics
  kSignedLink,  // whoever holds the link; the handler checks the signature
  kRecipient,   // a recipient's bearer token
  kUser,        // the token of a user or service principal
  kRecipientOrUser,
};
std::string_view AccessName(Access access);

// Where the handler runs. kMemory handlers answer from memory and never wait: they run on the I/O
// thread, so that lists and /health never queue behind storage. All others run on the worker pool.
enum class Work { kMemory, kStorage };

using Handler = std::function<Result<Response>(const Request&)>;

// What the audit log says that a request asked for, by the names of its API. Never a secret.
using Facts = std::vector<std::pair<std::string, std::string>>;

struct Route {
  Method method;
  // "/shares/{share}/schemas/{schema}/tables"; a parameter is one segment. The Router puts the
  // prefix of the table before it.
  std::string pattern;
  Access access;
  Work work;
  Handler handler;
  std::string_view operation;  // the operation's name in the protocol: "QueryTable"
  // Beside the parameters of the path, which are always told. Null: nothing.
  std::function<Facts(const Request&)> describe{};
  bool audited = true;  // false: of it only refusals are on record (health, one's own inbox)
  // Strangers may try out secrets here: the pipeline lets each address do so now and then only.
  bool limited_by_address = false;
  // Renders a failure in the dialect of this route's API. Filled by the RouteTable.
  std::function<Response(const Error&)> render_error{};
};

// The routes of one API under one prefix.
struct RouteTable {
  std::string prefix;  // "/delta-sharing"; empty: the root
  std::vector<Route> routes;
  std::function<Response(const Error&)> render_error;
  // Who is told that there is no such path below the prefix; a stranger learns nothing.
  Access elsewhere = Access::kRecipient;
  // Takes what its method (and HEAD, of GET) asks for below the prefix where no row of any table
  // has the path and no longer prefix claims it. Its pattern is not looked at. Nothing: nobody
  // does.
  std::optional<Route> rest{};
};

class Router {
 public:
  explicit Router(std::vector<RouteTable> tables);
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Finds the row for `request` and fills request.route and request.params (percent-decoded; a
  // segment with a broken escape, or one that decodes to text with '/' or NUL, matches nothing).
  // Errors: kNotFound     no row has this path: message "404 Not Found"
  //         kUnsupported  the path exists with other methods; `allowed` lists them for the Allow
  //         header
  Status Match(Request& request, std::string* allowed = nullptr) const;

  // Of the table whose prefix fits `path` best, for requests without a route: its error renderer,
  // and who is told of wrong paths.
  Response RenderError(std::string_view path, const Error& error) const;
  Access AccessElsewhere(std::string_view path) const;

  // All rows, for the test that prints them and for docs.
  std::vector<const Route*> routes() const;

 private:
  struct Node;
  const RouteTable* TableAt(std::string_view path) const;
  const Route* RestAt(const Request& request) const;

  std::vector<RouteTable> tables_;
  std::unique_ptr<Node> root_;  // a trie of path segments
};

}  // namespace sluice::net
