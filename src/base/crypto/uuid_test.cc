#include "base/crypto/uuid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::crypto {
namespace {

TEST(RandomUuid, HasItsVersionAndIsAnotherEachTime) {
  SecureRandom random;
  const std::string one = RandomUuid(random);
  EXPECT_THAT(one, ::testing::MatchesRegex(
                       "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(one, RandomUuid(random));
}

}  // namespace
}  // namespace sluice::crypto
