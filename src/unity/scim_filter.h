// unity/scim_filter.h -- filters and paths of SCIM (RFC 7644 §3.4.2.2 and §3.5.2).
//
//   userName eq "ada@example.org" and not (active eq false or externalId pr)
//   emails[type eq "work" and value co "@example.org"]
//
// Comparisons: eq, ne, co, sw, ew, pr. gt, ge, lt and le are refused: nothing here has an order
// that somebody asks for. Attribute names, operators and values compare without regard to case;
// a URN before an attribute ("urn:...:User:userName") is left out. In a bracket each condition is
// asked of all values, not of one after the other: here no attribute has parts that would tell.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::unity {

class ScimFilter {
 public:
  // At most 4096 bytes, 32 brackets deep.
  // Errors: kInvalidArgument "INVALID_PARAMETER_VALUE"  the message says what was found where
  static Result<ScimFilter> Parse(std::string_view text);

  // All that an attribute has: its lower-case path is given ("username", "emails.value"). A
  // condition holds when one value fits; "ne" when none is equal. Errors: those of `values`
  using Values = std::function<Result<std::vector<std::string>>(std::string_view path)>;
  Result<bool> Matches(const Values& values) const;

  struct Node;

 private:
  friend class ScimParser;
  explicit ScimFilter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

// What a patch operation is about: "active", "name.givenName", "members[value eq \"12\"]",
// "emails[type eq \"work\"].value".
struct ScimPath {
  std::string attribute{};             // lower case, without its URN: "members", "name.givenname"
  std::optional<ScimFilter> filter{};  // over the attribute's own parts: "value", "type"
  std::string sub_attribute{};         // behind the bracket, lower case
};
// Errors: as above
Result<ScimPath> ParseScimPath(std::string_view text);

}  // namespace sluice::unity
