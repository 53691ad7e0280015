// A V2 checkpoint in JSON, read as a table's checkpoint is: from a store, sidecars followed. The
// sidecars that lie there are lines of JSON in place of Parquet.
#include <variant>

#include "delta/checkpoint_loading.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "fuzz.h"
#include "storage/testing/memory_store.h"

namespace delta = sluice::delta;
using sluice::Code;
using sluice::fuzz::Require;

namespace {

constexpr std::string_view kTop =
    "_delta_log/00000000000000000007.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json";

// The inputs of the corpus name their sizes.
void PutSidecars(sluice::storage::testing::MemoryStore& store) {
  const auto put = [&](std::string_view name, std::string_view lines) {
    store.Put("_delta_log/_sidecars/" + std::string(name), lines);
  };
  put("a", R"({"add":{"path":"a","size":1}})");                                        // 29 bytes
  put("b", "{\"add\":{\"path\":\"b\",\"size\":1}}\n{\"remove\":{\"path\":\"r\"}}\n");  // 54
  put("p", R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})");             // 56
  put("e", "");
  store.Put("outside", R"({"add":{"path":"outside","size":1}})");
}

uint64_t Walk(const delta::LiveFiles& files) {
  uint64_t count = 0;
  std::optional<delta::FileKey> last;
  delta::LiveFilesCursor cursor(files);
  while (const delta::FileRow* row = cursor.Next().value()) {
    const delta::FileKey key{std::string(row->key.path), std::string(row->key.dv_id)};
    Require(!last || *last < key);
    Require(row->entry.path != "outside" || row->key.path == "outside");
    last = key;
    ++count;
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::storage::testing::MemoryStore store;
  store.parallel = 1;
  PutSidecars(store);
  store.Put(kTop, sluice::fuzz::View(data, size));
  const delta::testing::LineCheckpointReader reader;
  const delta::SnapshotLimits limits;
  const delta::CheckpointFiles files{7, {store.Head(kTop).value()}, true};
  store.TakeRequests();
  const auto loaded = delta::LoadCheckpoint({store, reader, limits}, files);
  for (const std::string& request : store.TakeRequests()) {
    const std::string key = request.substr(request.find(' ') + 1);
    Require(key == kTop || key.starts_with("_delta_log/_sidecars/"));
    Require(key.find("/../") == std::string::npos && !key.ends_with("/.."));
  }
  if (!loaded.has_value()) {
    const Code code = loaded.error().code;
    Require(code == Code::kCorrupt || code == Code::kUnsupported);
  } else if (loaded->has_value()) {
    Require((*loaded)->header.protocol && (*loaded)->header.metadata);
    Require((*loaded)->header.checkpoint_metadata->version == 7);
    Require(Walk((*loaded)->files) == (*loaded)->files.totals().files);
  }
  return 0;
}
