// Lines of the Delta log, and what they carry: schemas, statistics, paths, the checkpoint hint.
#include <variant>

#include "delta/actions_json.h"
#include "delta/file_places.h"
#include "delta/log_path.h"
#include "delta/schema.h"
#include "delta/stats.h"
#include "fuzz.h"

using sluice::fuzz::Require;

namespace {

// Wherever a path leads, it is below one of the places that it may lead to.
void FindPlace(std::string_view path) {
  static const sluice::delta::ExternalLocations external({"/data/a", "s3://lake/raw"});
  for (const char* table : {"/data/t", "s3://lake/t"}) {
    sluice::delta::FilePlaces places(table, external);
    const auto place = places.Find(path);
    if (!place) continue;
    const std::string_view location = place->location;
    Require(location.empty() || location == external.all()[0] || location == external.all()[1]);
    const std::string key = '/' + std::string(place->key) + '/';
    Require(key.size() > 2 && key.find("//") == std::string::npos);
    Require(key.find("/../") == std::string::npos && key.find("/./") == std::string::npos);
    Require(key.find('\0') == std::string::npos);
  }
}

void FollowPath(std::string_view path) {
  FindPlace(path);
  const std::string canonical = sluice::delta::CanonicalPath(path);
  Require(sluice::delta::CanonicalPath(canonical) == canonical);
  if (sluice::delta::IsCanonicalPath(path)) Require(canonical == path);

  const auto key = sluice::delta::ObjectKey(path);
  const bool unsupported = !key && key.error().code == sluice::Code::kUnsupported;
  Require(sluice::delta::IsOutside(path) == unsupported);
  if (!key) return;
  Require(!key->starts_with('/'));
  Require(*key != ".." && !key->starts_with("../") && !key->ends_with("/.."));
  Require(key->find("/../") == std::string::npos && key->find('\0') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  static sluice::delta::LogLineParser parser;
  if (const auto action = parser.Parse(text)) {
    if (const auto* add = std::get_if<sluice::delta::AddFile>(&*action)) {
      FollowPath(add->path);
      if (add->stats) sluice::delta::NumRecords(*add->stats);
    }
    if (const auto* metadata = std::get_if<sluice::delta::Metadata>(&*action)) {
      sluice::IgnoreError(sluice::delta::ParseSchema(metadata->schema_string), "it may be wrong");
    }
  } else {
    Require(action.error().code == sluice::Code::kCorrupt);
  }

  FollowPath(text);
  sluice::IgnoreError(sluice::delta::ParseSchema(text), "any bytes are allowed to be wrong");
  sluice::delta::ParseLogName(text);
  sluice::delta::ParseLastCheckpoint(text);
  sluice::delta::NumRecords(text);
  return 0;
}
