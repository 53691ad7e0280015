#include "server/demo_lakehouse.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;
using ::testing::Not;
namespace fs = std::filesystem;

class DemoLakehouseTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(parent_); }
  void TearDown() override { fs::remove_all(parent_); }

  Status Make() {
    progress_.clear();
    return MakeDemoLakehouse(engine_, dir_,
                             [&](const DemoProgress& step) { progress_.push_back(step); });
  }

  engine::Engine engine_{{GiB(1), 0, {}}};
  fs::path parent_ = fs::temp_directory_path() / fmt::format("sluice-demo-lakehouse-{}", getpid());
  fs::path dir_ = parent_ / "lake";
  std::vector<DemoProgress> progress_;
};

TEST_F(DemoLakehouseTest, IsMadeOnceOverWhatOtherVersionsAndBrokenRunsLeft) {
  fs::create_directories(dir_ / "old");
  std::ofstream(dir_ / ".sluice-demo") << "0\n";
  fs::create_directories(parent_ / "lake.partial/orders");
  std::ofstream(parent_ / "lake.partial/orders/half-written.parquet") << "PAR1";
  ASSERT_THAT(engine_.Execute("CREATE SCHEMA demo; CREATE TABLE demo.orders (i INT)"), IsOk());

  ASSERT_THAT(Make(), IsOk());
  EXPECT_FALSE(fs::exists(dir_ / "old"));
  EXPECT_FALSE(fs::exists(parent_ / "lake.partial"));
  EXPECT_FALSE(fs::exists(dir_ / "orders/half-written.parquet"));
  EXPECT_THAT(DemoTableNames(), ElementsAre("customers", "products", "orders", "events"));
  for (const auto& name : DemoTableNames()) {
    EXPECT_TRUE(fs::exists(dir_ / name / "_delta_log/00000000000000000000.json")) << name;
  }
  EXPECT_TRUE(fs::exists(dir_ / "orders/_delta_log/_last_checkpoint"));
  ASSERT_THAT(progress_, Not(IsEmpty()));
  EXPECT_EQ(progress_.back().step, progress_.back().steps);
  EXPECT_EQ(progress_.size(), progress_.back().steps);

  // Whole and of this version: left alone, with what others put there.
  std::ofstream(dir_ / "notes.txt") << "mine";
  ASSERT_THAT(Make(), IsOk());
  EXPECT_THAT(progress_, IsEmpty());
  EXPECT_TRUE(fs::exists(dir_ / "notes.txt"));
  // The rows are not kept in the engine.
  EXPECT_THAT(engine_.Query("SELECT * FROM demo.orders"), IsError(Code::kInternal));
}

TEST_F(DemoLakehouseTest, FolderOfSomebodyElseIsNotTouched) {
  fs::create_directories(dir_);
  std::ofstream(dir_ / "thesis.tex") << "precious";
  EXPECT_THAT(Make(), IsError(Code::kAlreadyExists));
  EXPECT_TRUE(fs::exists(dir_ / "thesis.tex"));
  EXPECT_THAT(progress_, IsEmpty());
}

TEST_F(DemoLakehouseTest, FolderThatCannotBeWrittenIsUnavailable) {
  dir_ = "/dev/null/lake";
  EXPECT_THAT(Make(), IsError(Code::kUnavailable));
}

}  // namespace
}  // namespace sluice::server
