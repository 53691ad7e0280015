// What SCIM's bodies say, put into a principal: whole resources and patches (unity/scim_json.h).
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "unity/scim_filter.h"
#include "unity/scim_json.h"

namespace sluice::unity {
namespace {

using catalog::Principal;
using catalog::PrincipalKind;

constexpr size_t kMostOperations = 1000;

enum class Op { kAdd, kReplace, kRemove };

std::string TextOf(const json::Value& value) {
  return std::string(value.as_string().data(), value.as_string().size());
}

std::unexpected<Error> WrongType(std::string_view attribute, std::string_view wanted) {
  return catalog::InvalidParameter(fmt::format("'{}' must be {}.", attribute, wanted));
}

// "a", {"value": "a"}, or a list of those; null: none.
Result<std::vector<std::string>> ReadValues(std::string_view attribute, const json::Value& value) {
  std::vector<std::string> texts;
  if (value.is_null()) return texts;
  if (value.is_string()) return std::vector<std::string>{TextOf(value)};
  if (value.is_object()) {
    const json::Value* inner = value.as_object().if_contains("value");
    if (inner == nullptr || !inner->is_string()) return WrongType(attribute, "a list of values");
    return std::vector<std::string>{TextOf(*inner)};
  }
  if (!value.is_array()) return WrongType(attribute, "a list of values");
  for (const json::Value& item : value.as_array()) {
    if (item.is_array() || item.is_null()) return WrongType(attribute, "a list of values");
    std::vector<std::string> one = TRY(ReadValues(attribute, item));
    texts.push_back(std::move(one.front()));
  }
  return texts;
}

Status SetText(std::string_view attribute, const json::Value& value, Op op, std::string& text) {
  if (op == Op::kRemove || value.is_null()) {
    text.clear();
    return {};
  }
  if (!value.is_string()) return WrongType(attribute, "a string");
  text = TextOf(value);
  return {};
}

// Entra sends "True" and "False" as texts.
Status SetActive(const json::Value& value, Op op, Principal& principal) {
  if (principal.kind == PrincipalKind::kGroup) {
    return catalog::InvalidParameter("A group cannot be deactivated.");
  }
  if (op == Op::kRemove || value.is_null()) return WrongType("active", "true or false");
  if (value.is_bool()) {
    principal.active = value.as_bool();
    return {};
  }
  const std::string text = value.is_string() ? AsciiLower(TextOf(value)) : std::string();
  if (text != "true" && text != "false") return WrongType("active", "true or false");
  principal.active = text == "true";
  return {};
}

// `path.filter` picks those of `list` that go; without values and filter all of them.
Status ChangeList(const ScimPath& path, const json::Value& value, Op op,
                  std::vector<std::string>& list) {
  std::vector<std::string> given = TRY(ReadValues(path.attribute, value));
  std::vector<std::string> kept;
  for (const std::string& one : list) {
    bool picked = !path.filter.has_value();
    if (path.filter) {
      picked =
          TRY(path.filter->Matches([&](std::string_view name) -> Result<std::vector<std::string>> {
            if (name == "value") return std::vector<std::string>{one};
            if (name == "type") return std::vector<std::string>{"work"};
            if (name == "primary") {
              return std::vector<std::string>{one == list.front() ? "true" : "false"};
            }
            return catalog::InvalidParameter(
                fmt::format("'{}' has no '{}'.", path.attribute, name));
          }));
    }
    if (picked && op == Op::kRemove && !given.empty()) {
      picked = std::ranges::find(given, one) != given.end();
    }
    if (!picked || op == Op::kAdd) kept.push_back(one);
  }
  if (op != Op::kRemove) {
    for (std::string& one : given) {
      if (std::ranges::find(kept, one) == kept.end()) kept.push_back(std::move(one));
    }
  }
  list = std::move(kept);
  return {};
}

// What people's directories keep of a name is shown as one text here.
Status SetPersonalName(const json::Value& value, Principal& principal) {
  if (!value.is_object() || !principal.display_name.empty()) return {};
  std::string whole;
  for (const std::string_view part : {"givenName", "familyName"}) {
    const json::Value* text = value.as_object().if_contains(part);
    if (text == nullptr || text->is_null()) continue;
    if (!text->is_string()) return WrongType(part, "a string");
    if (!whole.empty()) whole += ' ';
    whole += TextOf(*text);
  }
  principal.display_name = std::move(whole);
  return {};
}

bool IsIgnored(std::string_view attribute) {
  static constexpr std::string_view kIgnored[] = {"schemas",      "id",    "meta", "groups",
                                                  "entitlements", "roles", "name"};
  const std::string_view first = attribute.substr(0, attribute.find('.'));
  return std::ranges::find(kIgnored, first) != std::end(kIgnored);
}

Status SetApplicationId(const json::Value& value, Principal& principal) {
  std::string text;
  TRY(SetText("applicationId", value, Op::kReplace, text));
  if (text.empty()) return {};
  if (!principal.id.empty() && !EqualsIgnoreCase(text, principal.name)) {
    return catalog::InvalidParameter("applicationId cannot be changed.");
  }
  principal.name = std::move(text);
  return {};
}

// What an unknown attribute is: something newer in a resource, a mistake in a path.
enum class Unknown { kIgnored, kWrong };

Status Set(const ScimPath& path, const json::Value& value, Op op, Unknown unknown,
           Principal& principal) {
  const std::string& name = path.attribute;
  const PrincipalKind kind = principal.kind;
  const bool user = kind == PrincipalKind::kUser;
  if (user && name == "username") return SetText("userName", value, op, principal.name);
  if (name == "displayname") {
    return SetText("displayName", value, op,
                   kind == PrincipalKind::kGroup ? principal.name : principal.display_name);
  }
  if (name == "externalid") return SetText("externalId", value, op, principal.external_id);
  if (name == "active" && kind != PrincipalKind::kGroup) return SetActive(value, op, principal);
  if (user && (name == "emails" || name == "emails.value")) {
    return ChangeList({"emails", path.filter, {}}, value, op, principal.emails);
  }
  if (kind == PrincipalKind::kGroup && name == "members") {
    return ChangeList(path, value, op, principal.members);
  }
  if (kind == PrincipalKind::kServicePrincipal && name == "applicationid") {
    return SetApplicationId(value, principal);
  }
  if (user && name == "name") return SetPersonalName(value, principal);
  if (unknown == Unknown::kIgnored || IsIgnored(name)) return {};
  return catalog::InvalidParameter(fmt::format("The attribute '{}' cannot be changed.", name));
}

Result<Op> ReadOp(const json::Object& operation) {
  const json::Value* op = operation.if_contains("op");
  const std::string name = op != nullptr && op->is_string() ? AsciiLower(TextOf(*op)) : "";
  if (name == "add") return Op::kAdd;
  if (name == "replace") return Op::kReplace;
  if (name == "remove") return Op::kRemove;
  return catalog::InvalidParameter("'op' must be add, replace or remove.");
}

Status Apply(const json::Object& operation, Principal& principal) {
  static const json::Value kNothing;
  const Op op = TRY(ReadOp(operation));
  const json::Value* path = operation.if_contains("path");
  const json::Value* given = operation.if_contains("value");
  const json::Value& value = given == nullptr ? kNothing : *given;
  if (op != Op::kRemove && value.is_null()) {
    return catalog::InvalidParameter("'value' is missing in an operation that adds or replaces.");
  }
  if (path != nullptr && !path->is_null()) {
    if (!path->is_string()) return WrongType("path", "a string");
    const ScimPath parsed = TRY(ParseScimPath(TextOf(*path)));
    return Set(parsed, value, op, Unknown::kWrong, principal);
  }
  if (op == Op::kRemove) return catalog::InvalidParameter("'remove' needs a path.");
  if (!value.is_object()) return WrongType("value", "an object where there is no path");
  for (const auto& member : value.as_object()) {
    const ScimPath parsed = TRY(ParseScimPath(std::string_view(member.key())));
    TRY(Set(parsed, member.value(), op, Unknown::kWrong, principal));
  }
  return {};
}

}  // namespace

Status ReadScimResource(const json::Object& resource, Principal& principal) {
  // Who was deactivated is not let in again by a client that says nothing of it.
  Principal read{.id = principal.id, .kind = principal.kind, .active = principal.active};
  // What the others say is filled into these, in whatever order they come.
  if (principal.kind == PrincipalKind::kServicePrincipal) read.name = principal.name;
  const json::Value* name = nullptr;
  for (const auto& member : resource) {
    ScimPath path{.attribute = AsciiLower(member.key())};
    if (path.attribute == "name") {
      name = &member.value();
      continue;
    }
    if (member.value().is_null()) continue;
    TRY(Set(path, member.value(), Op::kReplace, Unknown::kIgnored, read));
  }
  if (name != nullptr && principal.kind == PrincipalKind::kUser) {
    TRY(SetPersonalName(*name, read));
  }
  if (read.name.empty() && principal.kind != PrincipalKind::kServicePrincipal) {
    return catalog::MissingField(
        "SCIM", principal.kind == PrincipalKind::kUser ? "userName" : "displayName");
  }
  read.created_at = principal.created_at;
  read.updated_at = principal.updated_at;
  principal = std::move(read);
  return {};
}

Status ApplyScimPatch(const json::Object& body, Principal& principal) {
  const json::Value* operations = body.if_contains("Operations");
  if (operations == nullptr) operations = body.if_contains("operations");
  if (operations == nullptr || !operations->is_array() || operations->as_array().empty()) {
    return WrongType("Operations", "a list of operations");
  }
  if (operations->as_array().size() > kMostOperations) {
    return catalog::InvalidParameter("There may be 1000 operations at once at most.");
  }
  for (const json::Value& operation : operations->as_array()) {
    if (!operation.is_object()) return WrongType("Operations", "a list of operations");
    TRY(Apply(operation.as_object(), principal));
  }
  return {};
}

}  // namespace sluice::unity
