// sharing/testing/fake_snapshot.h -- a table version that a test puts together in memory.
#pragma once

#include <cstdlib>
#include <optional>

#include "delta/snapshot.h"

namespace sluice::sharing::testing {

// Has no files: tests of answers with files go through real tables.
class FakeSnapshot final : public delta::Snapshot {
 public:
  FakeSnapshot() {
    metadata_.schema_string =
        R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]})";
  }
  using delta::Snapshot::advanced_;
  using delta::Snapshot::metadata_;
  using delta::Snapshot::num_files_;
  using delta::Snapshot::num_outside_;
  using delta::Snapshot::protocol_;
  using delta::Snapshot::size_;
  using delta::Snapshot::version_;

  ByteCount memory() const override { return {}; }
  delta::FileCursor Files(const std::optional<delta::FileKey>& /*after*/,
                          delta::DataSkipping* /*skipping*/) const override {
    std::abort();
  }
  Result<std::shared_ptr<const delta::Snapshot>> Only(
      const delta::PartitionTerms& /*terms*/) const override {
    std::abort();
  }
};

}  // namespace sluice::sharing::testing
