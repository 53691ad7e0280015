#include "sharing/item_json.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace sluice::sharing {
namespace {

void AppendTexts(std::initializer_list<std::pair<std::string_view, std::string_view>> members,
                 std::string& out) {
  char separator = '{';
  for (const auto& [name, value] : members) {
    out += separator;
    json::AppendQuoted(name, out);
    out += ':';
    json::AppendQuoted(value, out);
    separator = ',';
  }
  out += '}';
}

}  // namespace

void AppendShare(const catalog::ShareName& share, std::string& out) {
  AppendTexts({{"name", share.name}, {"id", share.id}}, out);
}

void AppendSchema(const catalog::SharedSchema& schema, std::string& out) {
  AppendTexts({{"name", schema.name}, {"share", schema.share}}, out);
}

void AppendTable(const catalog::SharedTable& table, std::string& out) {
  AppendTexts({{"name", table.name},
               {"schema", table.schema},
               {"share", table.share},
               {"shareId", table.share_id},
               {"id", table.id}},
              out);
  out.pop_back();
  AppendAccessModes(table, out);
  out += '}';
}

// Keys of a folder open every partition.
bool OffersDirectory(const catalog::SharedTable& table) {
  return !table.directory.empty() && table.filter == nullptr;
}

void AppendAccessModes(const catalog::SharedTable& table, std::string& out) {
  if (!OffersDirectory(table)) return;
  out += R"(,"location":)";
  json::AppendQuoted(table.directory, out);
  out += R"(,"accessModes":["url","dir"])";
}

}  // namespace sluice::sharing
