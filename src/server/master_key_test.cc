#include "server/master_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

using ::testing::HasSubstr;
using testing::IsError;
using testing::IsOk;
using ::testing::Not;

class CountingRandom final : public Random {
 public:
  void Fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) byte = next_++;
  }

 private:
  unsigned char next_ = 0;
};

constexpr const char* kHex = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

std::string Counted() {
  std::string bytes;
  for (char i = 0; i < 32; ++i) bytes += i;
  return bytes;
}

class MasterKeyTest : public ::testing::Test {
 protected:
  MasterKeyTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~MasterKeyTest() override { std::filesystem::remove_all(dir_); }
  std::string Write(std::string_view bytes, mode_t mode) {
    const std::string path = (dir_ / "key").string();
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  std::filesystem::path dir_;
  CountingRandom random_;
};

TEST_F(MasterKeyTest, FileGoesBeforeEnvironmentBeforeRandom) {
  const std::string in_file(32, 'k');
  const auto from_file = LoadMasterKey(Write(in_file, 0600), kHex, random_);
  ASSERT_THAT(from_file, IsOk());
  EXPECT_EQ(from_file->bytes, in_file);
  EXPECT_EQ(from_file->source, MasterKey::Source::kFile);

  const auto from_environment = LoadMasterKey("", kHex, random_);
  ASSERT_THAT(from_environment, IsOk());
  EXPECT_EQ(from_environment->bytes, Counted());
  EXPECT_EQ(from_environment->source, MasterKey::Source::kEnvironment);

  for (const char* unset : {static_cast<const char*>(nullptr), ""}) {
    CountingRandom random;
    const auto made = LoadMasterKey("", unset, random);
    ASSERT_THAT(made, IsOk());
    EXPECT_EQ(made->bytes, Counted());
    EXPECT_EQ(made->source, MasterKey::Source::kThisStart);
  }
}

TEST_F(MasterKeyTest, AFileThatOthersCanReadIsRefused) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U, 0666U, 0601U}) {
    EXPECT_THAT(LoadMasterKey(Write(std::string(32, 'k'), mode), kHex, random_),
                IsError(Code::kInvalidArgument, "chmod 600"));
  }
  EXPECT_THAT(LoadMasterKey(Write(std::string(32, 'k'), 0400), nullptr, random_), IsOk());
}

TEST_F(MasterKeyTest, AFileOfTheWrongSizeIsRefusedAndNotShown) {
  for (const size_t size : {0U, 1U, 31U, 33U, 64U, 100'000U}) {
    const auto refused = LoadMasterKey(Write(std::string(size, 'k'), 0600), kHex, random_);
    ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "masterKeyFile"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("kkk")));
  }
}

TEST_F(MasterKeyTest, AMissingFileIsAnErrorAndNotTheNextSource) {
  EXPECT_THAT(LoadMasterKey((dir_ / "none").string(), kHex, random_),
              IsError(Code::kInvalidArgument, "No such file"));
  EXPECT_THAT(LoadMasterKey(dir_.string(), kHex, random_), IsError(Code::kInvalidArgument));
}

TEST_F(MasterKeyTest, AVariableThatIsNot64HexDigitsIsRefusedAndNotShown) {
  const std::string good(kHex);
  for (const std::string& bad : {good.substr(1), good + "0", "g" + good.substr(1),
                                 " " + good.substr(1), std::string("zq")}) {
    const auto refused = LoadMasterKey("", bad.c_str(), random_);
    ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "SLUICE_MASTER_KEY must have 64 hex"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr(bad.substr(bad.size() / 2))));
  }
}

}  // namespace
}  // namespace sluice::server
