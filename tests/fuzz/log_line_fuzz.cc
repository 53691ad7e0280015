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
  const auto key = sluice::delta::ObjectKey(path);
  if (!key) return;
  Require(!key->starts_with('/'));
  Require(*key != ".." && !key->starts_with("../") && !key->ends_with("/.."));
  Require(key->find("/../") == std::string::npos && key->find('\0') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  static sluice::delta::ActionParser parser;
  if (const auto action = parser.Parse(text)) {
    if (const auto* add = std::get_if<sluice::delta::AddFile>(&*action)) {
      FollowPath(add->path);
      if (add->stats) sluice::delta::NumRecords(*add->stats);
    }
    if (const auto* metadata = std::get_if<sluice::delta::Metadata>(&*action)) {
      sluice::IgnoreError(sluice::delta::FeaturesOf(*metadata), "the schema may be wrong");
    }
  } else {
    Require(action.error().code == sluice::Code::kCorrupt);
  }

  FollowPath(text);
  sluice::delta::ParseLogKey(text);
  sluice::IgnoreError(sluice::delta::ParseLastCheckpoint(text), "the hint may be wrong");
  return 0;
}
