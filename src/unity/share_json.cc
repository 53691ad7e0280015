#include "unity/share_json.h"

#include <fmt/format.h>

#include "catalog/errors.h"
#include "unity/list.h"

namespace sluice::unity {
namespace {

using catalog::PartitionFilter;
using catalog::PartitionOp;
using catalog::PartitionTerm;

constexpr std::string_view kOperation = "UpdateShare";

// Reading.

// A field that must be there, told by where it stands in the body.
Result<std::string> Required(const Fields& fields, std::string_view name, std::string_view in) {
  std::optional<std::string> text = TRY(fields.Text(name));
  if (!text || text->empty()) {
    return catalog::MissingField(kOperation, fmt::format("{}.{}", in, name));
  }
  return *std::move(text);
}

Result<PartitionTerm> ReadTerm(const Fields& fields) {
  PartitionTerm term;
  term.column = TRY(Required(fields, "name", "partitions.values"));
  const std::string op = TRY(fields.Text("op")).value_or("EQUAL");
  const std::optional<PartitionOp> parsed = catalog::ParsePartitionOp(op);
  if (!parsed) {
    return catalog::InvalidParameter(fmt::format("'{}' is not an operation on partitions.", op));
  }
  term.op = *parsed;
  term.recipient_property_key = TRY(fields.Text("recipient_property_key")).value_or("");
  term.values = TRY(fields.Texts("values"));
  // Neither of them: the value is NULL.
  if (std::optional<std::string> value = TRY(fields.Text("value"))) {
    term.values.push_back(*std::move(value));
  }
  return term;
}

Result<std::optional<PartitionFilter>> ReadPartitions(const Fields& fields) {
  if (!fields.Has("partitions")) return std::nullopt;
  PartitionFilter filter;
  TRY(fields.Objects("partitions", [&](const Fields& tuple) -> Status {
    auto& terms = filter.tuples.emplace_back();
    return tuple.Objects("values", [&](const Fields& value) -> Status {
      terms.push_back(TRY(ReadTerm(value)));
      return {};
    });
  }));
  return filter;
}

Result<std::optional<bool>> ReadHistory(const Fields& fields) {
  const std::optional<std::string> status = TRY(fields.Text("history_data_sharing_status"));
  if (!status) return std::nullopt;
  if (*status != "ENABLED" && *status != "DISABLED") {
    return catalog::InvalidParameter("history_data_sharing_status must be ENABLED or DISABLED.");
  }
  return *status == "ENABLED";
}

Result<catalog::ObjectSpec> ReadObject(const Fields& fields) {
  catalog::ObjectSpec object;
  object.name = TRY(Required(fields, "name", "data_object"));
  object.type = TRY(fields.Text("data_object_type")).value_or("");
  object.shared_as = TRY(fields.Text("shared_as"));
  object.comment = TRY(fields.Text("comment"));
  object.partitions = TRY(ReadPartitions(fields));
  object.cdf_enabled = TRY(fields.Flag("cdf_enabled"));
  object.history = TRY(ReadHistory(fields));
  object.start_version = TRY(fields.Int("start_version"));
  return object;
}

// Writing.

json::Array PartitionsJson(const PartitionFilter& filter) {
  json::Array tuples;
  for (const auto& tuple : filter.tuples) {
    json::Array values;
    for (const PartitionTerm& term : tuple) {
      json::Object value;
      value["name"] = term.column;
      value["op"] = catalog::PartitionOpName(term.op);
      PutText(value, "recipient_property_key", term.recipient_property_key);
      if (term.op == PartitionOp::kIn) {
        json::Array several;
        for (const auto& one : term.values) several.emplace_back(one);
        value["values"] = std::move(several);
      } else if (!term.values.empty()) {
        value["value"] = term.values.front();
      }
      values.push_back(std::move(value));
    }
    json::Object item;
    item["values"] = std::move(values);
    tuples.push_back(std::move(item));
  }
  return tuples;
}

json::Object ObjectJson(const catalog::Picture& picture, const catalog::SharedObject& object,
                        bool active) {
  json::Object item;
  item["name"] = catalog::SourceName(picture, object);
  item["data_object_type"] = catalog::KindName(object.kind);
  const bool is_table = object.kind == catalog::Kind::kTable;
  if (const auto name = is_table ? catalog::NameOf(picture, object) : std::nullopt) {
    item["shared_as"] = name->Full();
  }
  PutText(item, "comment", object.comment);
  item["added_at"] = ToUnixMillis(object.added_at);
  PutText(item, "added_by", object.added_by);
  item["cdf_enabled"] = object.cdf_enabled;
  item["history_data_sharing_status"] = object.history ? "ENABLED" : "DISABLED";
  if (object.start_version) item["start_version"] = *object.start_version;
  if (!object.partitions.tuples.empty()) item["partitions"] = PartitionsJson(object.partitions);
  item["status"] = active ? "ACTIVE" : "PERMISSION_DENIED";
  return item;
}

}  // namespace

json::Object ShareJson(const catalog::Picture& picture, const catalog::Securable& share) {
  json::Object item;
  item["name"] = share.name;
  item["id"] = share.id;
  PutText(item, "storage_root", share.As<catalog::Share>().storage_root);
  PutCommon(item, picture, share);
  return item;
}

json::Array ObjectsJson(const catalog::Picture& picture, const catalog::Securable& share,
                        TimePoint now) {
  const catalog::Access owner(picture, share.owner, now);
  json::Array items;
  for (const catalog::SharedObject& object : share.As<catalog::Share>().objects) {
    items.push_back(ObjectJson(picture, object, catalog::IsActive(picture, owner, object)));
  }
  return items;
}

json::Object AssignmentJson(const catalog::Picture& picture, const catalog::Grant& grant) {
  json::Object item;
  const catalog::Securable* recipient = picture.Find(grant.principal);
  item["principal"] = recipient == nullptr ? "" : recipient->name;
  const std::string_view privilege = catalog::PrivilegeName(grant.privilege);
  item["privileges"] = json::Array{json::Value(privilege)};
  if (grant.expires_at) {
    item["expires_at"] = json::Object{{privilege, ToUnixMillis(*grant.expires_at)}};
  }
  return item;
}

Result<catalog::ObjectUpdate> ReadObjectUpdate(const Fields& fields) {
  catalog::ObjectUpdate update;
  const std::string action = TRY(Required(fields, "action", "updates"));
  if (action == "REMOVE") {
    update.action = catalog::ObjectAction::kRemove;
  } else if (action == "UPDATE") {
    update.action = catalog::ObjectAction::kUpdate;
  } else if (action != "ADD") {
    return catalog::InvalidParameter(
        fmt::format("'{}' is not an action: ADD, REMOVE or UPDATE.", action));
  }
  const std::optional<Fields> object = TRY(fields.Object("data_object"));
  if (!object) return catalog::MissingField(kOperation, "data_object");
  update.object = TRY(ReadObject(*object));
  return update;
}

Result<catalog::GrantChange> ReadGrantChange(const Fields& fields) {
  catalog::GrantChange change;
  change.recipient = TRY(fields.RequiredText("UpdateSharePermissions", "principal"));
  change.add = TRY(fields.Texts("add"));
  change.remove = TRY(fields.Texts("remove"));
  if (const std::optional<int64_t> millis = TRY(fields.Int("expires_at"))) {
    change.expires_at = FromUnixMillis(*millis);
  }
  return change;
}

}  // namespace sluice::unity
