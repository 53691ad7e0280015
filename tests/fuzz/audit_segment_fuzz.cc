// Files of the audit log: whatever lies in the folder, verifying, indexing and searching end with
// an answer; what verifies has lines that are read back.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "audit/block_index.h"
#include "audit/cursor.h"
#include "audit/event_json.h"
#include "audit/log_end.h"
#include "audit/reader.h"
#include "audit/verify.h"
#include "fuzz.h"

using namespace sluice::audit;
using sluice::fuzz::Require;

namespace {

// In memory where there is such a place; one for the process.
const std::string& Folder() {
  static const std::string folder = [] {
    std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm/audit-fuzz-XXXXXX"
                                                           : "/tmp/audit-fuzz-XXXXXX";
    const char* made = ::mkdtemp(name.data());
    Require(made != nullptr);
    static const std::string path = name;
    std::atexit([] { std::filesystem::remove_all(path); });
    return name;
  }();
  return folder;
}

void ReadLines(std::string_view text) {
  if (const auto line = ReadLine(text)) {
    Require(line->sequence > 0);
    Require(text.starts_with(line->hashed));
  }
  if (const auto keys = ScanLine(text)) {
    AsMeant(keys->error);
    // What the quick way finds is what the long way reads.
    const auto event = ParseEvent(text);
    if (event && EventJson(*event) == text) Require(AsWritten(event->action) == keys->action);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  ReadLines(text.substr(0, text.find('\n')));
  BlockIndex::Unpack(text);

  // The input in two files, parted at a NUL.
  const size_t part = text.find('\0');
  const std::string folder = Folder() + "/";
  std::ofstream(folder + SegmentName(1), std::ios::binary) << text.substr(0, part);
  std::filesystem::remove(folder + SegmentName(3));
  if (part != std::string_view::npos) {
    std::ofstream(folder + SegmentName(3), std::ios::binary) << text.substr(part + 1);
  }
  const auto found = Verify(folder, std::nullopt);
  Require(found.has_value());
  std::vector<std::string> leftover;
  const auto opened = OpenFolder(folder);
  const auto end = FindEnd(*opened, std::nullopt, leftover);
  Require(end.has_value());
  if (!found->broken) Require(end->broken.empty() && end->chain.head == found->head);

  const auto reader = Reader::Open(folder);
  const auto page = (*reader)->Read({}, 1000, "");
  if (page.has_value()) Require(page->entries.size() <= 1000);
  if (auto cursor = Cursor::Open(**reader, {}); cursor.has_value()) {
    uint64_t newest = 0;
    for (auto next = cursor->Next(); next.has_value() && *next; next = cursor->Next()) {
      Require((*next)->sequence > newest);
      newest = (*next)->sequence;
    }
  }
  sluice::IgnoreError((*reader)->CountUsage({}), "likewise");
  return 0;
}
