// Lines of the Delta log, and what they carry: schemas, statistics, paths, the checkpoint hint.
#include <variant>

#include "delta/actions_json.h"
#include "delta/log_path.h"
#include "delta/schema.h"
#include "delta/stats.h"
#include "fuzz.h"

using sluice::fuzz::Require;

namespace {

void FollowPath(std::string_view path) {
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
