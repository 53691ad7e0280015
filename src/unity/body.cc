#include "unity/body.h"

#include <fmt/format.h>

#include "catalog/errors.h"

namespace sluice::unity {
namespace {

std::unexpected<Error> WrongType(std::string_view name, std::string_view wanted) {
  return catalog::InvalidParameter(fmt::format("Field '{}' must be {}.", name, wanted));
}

std::unexpected<Error> Malformed(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message), {}, "MALFORMED_REQUEST");
}

std::string TextOf(const json::Value& value) {
  return std::string(value.as_string().data(), value.as_string().size());
}

}  // namespace

const json::Value* Fields::Find(std::string_view name) const {
  const json::Value* value = object_->if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<std::optional<std::string>> Fields::Text(std::string_view name) const {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return WrongType(name, "a string");
  return TextOf(*value);
}

Result<std::string> Fields::RequiredText(std::string_view operation, std::string_view name) const {
  std::optional<std::string> text = TRY(Text(name));
  if (!text || text->empty()) return catalog::MissingField(operation, name);
  return *std::move(text);
}

Result<std::optional<int64_t>> Fields::Int(std::string_view name) const {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code failure;
  const auto number = value->is_number() ? value->to_number<int64_t>(failure) : 0;
  if (!value->is_number() || failure) return WrongType(name, "a whole number");
  return number;
}

Result<std::optional<double>> Fields::Number(std::string_view name) const {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) return WrongType(name, "a number");
  return value->to_number<double>();
}

Result<std::optional<bool>> Fields::Flag(std::string_view name) const {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) return WrongType(name, "true or false");
  return value->as_bool();
}

Result<std::vector<std::string>> Fields::Texts(std::string_view name) const {
  std::vector<std::string> texts;
  const json::Value* value = Find(name);
  if (value == nullptr) return texts;
  if (!value->is_array()) return WrongType(name, "a list of strings");
  texts.reserve(value->as_array().size());
  for (const json::Value& item : value->as_array()) {
    if (!item.is_string()) return WrongType(name, "a list of strings");
    texts.push_back(TextOf(item));
  }
  return texts;
}

Result<std::optional<catalog::Properties>> Fields::Map(std::string_view name) const {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) return WrongType(name, "an object of strings");
  catalog::Properties map;
  for (const auto& member : value->as_object()) {
    if (!member.value().is_string()) return WrongType(name, "an object of strings");
    map.emplace(std::string(member.key()), TextOf(member.value()));
  }
  return map;
}

Result<std::optional<Fields>> Fields::Object(std::string_view name) const {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) return WrongType(name, "an object");
  return Fields(value->as_object());
}

Status Fields::Objects(std::string_view name,
                       const std::function<Status(const Fields&)>& item) const {
  const json::Value* value = Find(name);
  if (value == nullptr) return {};
  if (!value->is_array()) return WrongType(name, "a list of objects");
  for (const json::Value& one : value->as_array()) {
    if (!one.is_object()) return WrongType(name, "a list of objects");
    TRY(item(Fields(one.as_object())));
  }
  return {};
}

Result<Body> Body::Parse(const net::Request& request) {
  if (request.body.empty()) return Body(json::Object{});
  Result<json::Value> value = json::Parse(request.body);
  if (!value) return Malformed("The request body is refused: " + value.error().message);
  if (!value->is_object()) return Malformed("The request body must be a JSON object.");
  return Body(*std::move(value));
}

}  // namespace sluice::unity
