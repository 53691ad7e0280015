// unity/body.h -- the fields of a request's JSON body, by name and type.
//
// Fields that nobody reads are ignored, as Databricks does: clients are newer than servers. A field
// that is null counts as not given. All failures are kInvalidArgument, "INVALID_PARAMETER_VALUE",
// and name the field.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "catalog/model.h"
#include "net/http.h"

namespace sluice::unity {

// One JSON object, a body or a part of one; refers to the value that it was made of.
class Fields {
 public:
  explicit Fields(const json::Object& object) : object_(&object) {}

  bool IsEmpty() const { return object_->empty(); }
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  Result<std::optional<std::string>> Text(std::string_view name) const;
  // Not there, or empty: "CreateShare Missing required field: name".
  Result<std::string> RequiredText(std::string_view operation, std::string_view name) const;
  Result<std::optional<int64_t>> Int(std::string_view name) const;
  Result<std::optional<double>> Number(std::string_view name) const;
  Result<std::optional<bool>> Flag(std::string_view name) const;
  // Lists of texts; not given: empty.
  Result<std::vector<std::string>> Texts(std::string_view name) const;
  Result<std::optional<catalog::Properties>> Map(std::string_view name) const;
  // An object within; nothing: not given.
  Result<std::optional<Fields>> Object(std::string_view name) const;
  // Calls `item` for each object of a list; not given: never.
  Status Objects(std::string_view name, const std::function<Status(const Fields&)>& item) const;

 private:
  const json::Value* Find(std::string_view name) const;

  const json::Object* object_;
};

// A whole body. An empty one counts as {}.
class Body {
 public:
  // Errors: kInvalidArgument "MALFORMED_REQUEST"
  static Result<Body> Parse(const net::Request& request);
  Fields fields() const { return Fields(value_.as_object()); }

 private:
  explicit Body(json::Value value) : value_(std::move(value)) {}
  json::Value value_;
};

}  // namespace sluice::unity
