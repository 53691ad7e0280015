#include "unity/description.h"

#include <algorithm>
#include <array>

#include "audit/event_json.h"
#include "base/encoding.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

// Of a comment within a list: there may be many.
constexpr size_t kLongestNote = 200;

// What is told of each entry of "updates" and "changes"; all that a handler reads stands here.
constexpr auto kOfObject = std::to_array<std::string_view>(
    {"name", "data_object_type", "shared_as", "partitions", "cdf_enabled",
     "history_data_sharing_status", "start_version", "comment"});
constexpr auto kOfChange =
    std::to_array<std::string_view>({"principal", "add", "remove", "expires_at"});

json::Value Shortened(const json::Value& value, size_t longest) {
  if (!value.is_string()) return value;
  return json::Value(
      audit::Shortened({value.as_string().data(), value.as_string().size()}, longest));
}

void Take(const json::Object& from, std::string_view name, json::Object& to) {
  const json::Value* value = from.if_contains(name);
  if (value == nullptr || value->is_null()) return;
  to[name] = name == "comment" ? Shortened(*value, kLongestNote) : *value;
}

// {"action", "data_object": {...}} as one level.
json::Value BriefUpdate(const json::Value& update) {
  if (!update.is_object()) return update;
  json::Object brief;
  Take(update.as_object(), "action", brief);
  const json::Value* object = update.as_object().if_contains("data_object");
  if (object != nullptr && object->is_object()) {
    for (const std::string_view name : kOfObject) Take(object->as_object(), name, brief);
  }
  return brief;
}

json::Value BriefChange(const json::Value& change) {
  if (!change.is_object()) return change;
  json::Object brief;
  for (const std::string_view name : kOfChange) Take(change.as_object(), name, brief);
  return brief;
}

bool IsPassword(std::string_view name) { return AsciiLower(name) == "password"; }

// Directories send passwords of people in patches, too. Nobody here reads them.
json::Value WithoutPasswords(json::Value value) {
  if (value.is_array()) {
    for (json::Value& one : value.as_array()) one = WithoutPasswords(std::move(one));
  }
  if (!value.is_object()) return value;
  const json::Value* path = value.as_object().if_contains("path");
  const bool is_of_password = path != nullptr && path->is_string() && IsPassword(path->as_string());
  for (auto& member : value.as_object()) {
    if (IsPassword(member.key()) || (is_of_password && AsciiLower(member.key()) == "value")) {
      member.value() = kSecretGiven;
    } else {
      member.value() = WithoutPasswords(std::move(member.value()));
    }
  }
  return value;
}

json::Value Each(const json::Value& list, json::Value (*brief)(const json::Value&)) {
  if (!list.is_array()) return list;
  json::Array all;
  all.reserve(list.as_array().size());
  for (const json::Value& one : list.as_array()) all.push_back(brief(one));
  return all;
}

constexpr auto kPlaces =
    std::to_array<std::string_view>({"url", "storage_location", "storage_root"});

// Old habits put keys into urls of storage ("s3://KEY:SECRET@bucket"). They are refused there, and
// nobody is told. No bucket has a colon in its name.
bool HoldsKeys(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme + 3);
  return rest.substr(0, rest.find('/')).find(':') != std::string_view::npos;
}

json::Value Told(std::string_view field, const json::Value& value) {
  if (std::ranges::find(kPlaces, field) != kPlaces.end() && value.is_string() &&
      HoldsKeys(std::string_view(value.as_string()))) {
    return json::Value(kSecretGiven);
  }
  if (field == "updates") return Each(value, BriefUpdate);
  if (field == "changes") return Each(value, BriefChange);
  if (field == "Operations") return WithoutPasswords(value);
  if (field == "comment" || field == "answer") return Shortened(value, audit::kMaxText);
  return value;
}

}  // namespace

std::function<net::Facts(const net::Request&)> Describe(std::vector<std::string_view> fields) {
  return Describe(std::move(fields), nullptr);
}

std::function<net::Facts(const net::Request&)> Describe(
    std::vector<std::string_view> fields,
    std::function<void(const json::Object& body, net::Facts& facts)> more) {
  return [fields = std::move(fields), more = std::move(more)](const net::Request& request) {
    net::Facts facts;
    const Result<json::Value> body = json::Parse(request.body);
    if (!body || !body->is_object()) return facts;
    for (const std::string_view field : fields) {
      const json::Value* value = body->as_object().if_contains(field);
      if (value == nullptr || value->is_null()) continue;
      const json::Value told = Told(field, *value);
      facts.emplace_back(std::string(field), told.is_string()
                                                 ? std::string(std::string_view(told.as_string()))
                                                 : json::Serialize(told));
    }
    if (more) more(body->as_object(), facts);
    return facts;
  };
}

}  // namespace sluice::unity
