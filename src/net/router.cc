#include "net/router.h"

#include <algorithm>
#include <cassert>

#include "base/encoding.h"

namespace sluice::net {
namespace {

// "/a/b" has the segments "a" and "b", "/a/" has "a" and "", "/" has "".
std::string_view TakeSegment(std::string_view& path) {
  path.remove_prefix(1);
  const size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// The text that a segment stands for; nullopt where it is none that a name could have.
std::optional<std::string> Decode(std::string_view segment) {
  if (segment.find('%') == std::string_view::npos) return std::string(segment);
  Result<std::string> text = PercentDecode(segment);
  if (!text || text->find('/') != std::string::npos || text->find('\0') != std::string::npos) {
    return std::nullopt;
  }
  return std::move(*text);
}

bool IsUnder(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) &&
         (path.size() == prefix.size() || prefix.empty() || path[prefix.size()] == '/');
}

}  // namespace

// What may follow after one path segment. Literal segments win over parameters.
struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  // sorted
  std::unique_ptr<Node> parameter;
  std::vector<const Route*> routes;  // paths that end here, one for each method

  Node& Child(std::string_view segment) {
    if (IsParameter(segment)) {
      if (!parameter) parameter = std::make_unique<Node>();
      return *parameter;
    }
    auto it =
        std::lower_bound(literals.begin(), literals.end(), segment,
                         [](const auto& entry, std::string_view s) { return entry.first < s; });
    if (it == literals.end() || it->first != segment) {
      it = literals.emplace(it, std::string(segment), std::make_unique<Node>());
    }
    return *it->second;
  }

  const Node* Literal(std::string_view segment) const {
    const auto it =
        std::lower_bound(literals.begin(), literals.end(), segment,
                         [](const auto& entry, std::string_view s) { return entry.first < s; });
    return it != literals.end() && it->first == segment ? it->second.get() : nullptr;
  }

  const Route* Find(Method method) const {
    const auto it = std::find_if(routes.begin(), routes.end(),
                                 [&](const Route* route) { return route->method == method; });
    return it == routes.end() ? nullptr : *it;
  }

  // Walks down along `path`. A node that has `method` ends the search; one that has only others is
  // remembered in `other` while the search goes on. `values` holds the parameters on the way.
  const Route* Search(std::string_view path, Method method, std::vector<std::string>& values,
                      const Node** other) const {
    if (path.empty()) {
      const Route* route = Find(method);
      if (route == nullptr && !routes.empty() && *other == nullptr) *other = this;
      return route;
    }
    std::optional<std::string> text = Decode(TakeSegment(path));
    if (!text) return nullptr;
    if (const Node* next = Literal(*text)) {
      if (const Route* route = next->Search(path, method, values, other)) return route;
    }
    if (!parameter || text->empty()) return nullptr;
    values.push_back(std::move(*text));
    const Route* route = parameter->Search(path, method, values, other);
    if (route == nullptr) values.pop_back();
    return route;
  }
};

std::string_view AccessName(Access access) {
  switch (access) {
    case Access::kPublic: return "public";
    case Access::kSignedLink: return "signed_link";
    case Access::kRecipient: return "recipient";
    case Access::kUser: return "user";
    case Access::kRecipientOrUser: return "recipient_or_user";
  }
  return "recipient";
}

Router::Router(std::vector<RouteTable> tables)
    : tables_(std::move(tables)), root_(std::make_unique<Node>()) {
  for (RouteTable& table : tables_) {
    for (Route& route : table.routes) {
      if (!route.render_error) route.render_error = table.render_error;
      route.pattern.insert(0, table.prefix);
      std::string_view rest = route.pattern;
      assert(rest.starts_with('/'));
      Node* node = root_.get();
      while (!rest.empty()) node = &node->Child(TakeSegment(rest));
      assert(node->Find(route.method) == nullptr);  // two rows for one path and method
      node->routes.push_back(&route);
    }
    if (!table.rest) continue;
    if (!table.rest->render_error) table.rest->render_error = table.render_error;
    table.rest->pattern = table.prefix + "/*";
  }
}

Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Status Router::Match(Request& request, std::string* allowed) const {
  request.route = nullptr;
  request.params.clear();
  const Node* other = nullptr;
  std::vector<std::string> values;
  const Route* route = request.path.starts_with('/')
                           ? root_->Search(request.path, request.method, values, &other)
                           : nullptr;
  if (route == nullptr && other == nullptr) {
    request.route = RestAt(request);
    return request.route != nullptr ? Status() : Fail(Code::kNotFound, "404 Not Found");
  }
  if (route == nullptr) {
    if (allowed != nullptr) {
      allowed->clear();
      for (const Route* row : other->routes) {
        allowed->append(allowed->empty() ? "" : ", ").append(MethodName(row->method));
      }
    }
    return Fail(Code::kUnsupported, "405 Method Not Allowed", {}, kReasonMethodNotAllowed);
  }
  request.route = route;
  request.params.reserve(values.size());
  std::string_view rest = route->pattern;
  for (std::string& value : values) {
    std::string_view segment = TakeSegment(rest);
    while (!IsParameter(segment)) segment = TakeSegment(rest);
    request.params.emplace_back(segment.substr(1, segment.size() - 2), std::move(value));
  }
  return {};
}

const RouteTable* Router::TableAt(std::string_view path) const {
  const RouteTable* best = nullptr;
  for (const RouteTable& table : tables_) {
    if (!table.render_error || !IsUnder(path, table.prefix)) continue;
    if (best == nullptr || table.prefix.size() > best->prefix.size()) best = &table;
  }
  return best;
}

const Route* Router::RestAt(const Request& request) const {
  if (!request.path.starts_with('/')) return nullptr;
  const RouteTable* nearest = TableAt(request.path);
  const Method method = request.method == Method::kHead ? Method::kGet : request.method;
  for (const RouteTable& table : tables_) {
    const bool claims = table.rest && IsUnder(request.path, table.prefix) &&
                        (nearest == nullptr || nearest->prefix.size() <= table.prefix.size());
    if (claims && table.rest->method == method) return &*table.rest;
  }
  return nullptr;
}

Response Router::RenderError(std::string_view path, const Error& error) const {
  const RouteTable* table = TableAt(path);
  if (table != nullptr) return table->render_error(error);
  return Response::Text(HttpStatus(error), "text/plain; charset=utf-8", error.message + "\n");
}

Access Router::AccessElsewhere(std::string_view path) const {
  const RouteTable* table = TableAt(path);
  return table == nullptr ? Access::kRecipient : table->elsewhere;
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> all;
  for (const RouteTable& table : tables_) {
    for (const Route& route : table.routes) all.push_back(&route);
    if (table.rest) all.push_back(&*table.rest);
  }
  return all;
}

}  // namespace sluice::net
