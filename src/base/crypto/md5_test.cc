#include "base/crypto/md5.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace sluice::crypto {
namespace {

TEST(Md5, OfBytesAndFiles) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  std::FILE* file = std::tmpfile();
  std::fputs("abc", file);
  std::fflush(file);
  EXPECT_EQ(Md5HexOfFile(fileno(file)), "900150983cd24fb0d6963f7d28e17f72");
  std::fclose(file);
  EXPECT_FALSE(Md5HexOfFile(-1).has_value());
}

}  // namespace
}  // namespace sluice::crypto
