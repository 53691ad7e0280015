#include "delta/table_features.h"

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using Names = std::vector<std::string>;

Protocol WithFeatures(const Names& features) { return {3, 7, features, features}; }

TEST(CheckReadable, TakesTheVersionsAndFeaturesThatAreRead) {
  EXPECT_THAT(CheckReadable({1, 2, {}, {}}), IsOk());
  EXPECT_THAT(CheckReadable({2, 5, {}, {}}), IsOk());
  EXPECT_THAT(CheckReadable({1, 7, {}, Names{"appendOnly", "somethingNew"}}), IsOk());
  EXPECT_THAT(CheckReadable({1, 7, Names{}, Names{}}), IsOk());
  EXPECT_THAT(CheckReadable(WithFeatures({})), IsOk());
  for (const std::string name :
       {"timestampNtz", "timestampWithoutTimezone", "vacuumProtocolCheck", "columnMapping",
        "deletionVectors", "typeWidening", "typeWidening-preview", "variantType",
        "variantType-preview", "variantShredding", "variantShredding-preview", "v2Checkpoint"}) {
    EXPECT_THAT(CheckReadable(WithFeatures({name})), IsOk()) << name;
  }
}

TEST(CheckReadable, NamesWhatItDoesNotKnow) {
  EXPECT_THAT(CheckReadable({4, 7, {}, {}}), IsError(Code::kUnsupported, "reader version 4"));
  for (const std::string name : {"catalogManaged", "catalogOwned-preview", "geospatial",
                                 "timestampNanos", "deletionvectors", "appendOnly", ""}) {
    EXPECT_THAT(CheckReadable(WithFeatures({"deletionVectors", name})),
                IsError(Code::kUnsupported, "'" + name + "', which this server does not support"));
  }
}

TEST(CheckReadable, RefusesListsThatDoNotFitTheVersions) {
  EXPECT_THAT(CheckReadable({3, 7, {}, Names{}}), IsError(Code::kCorrupt));
  EXPECT_THAT(CheckReadable({3, 7, Names{}, {}}), IsError(Code::kCorrupt));
  EXPECT_THAT(CheckReadable({3, 6, Names{}, {}}), IsError(Code::kCorrupt));
  EXPECT_THAT(CheckReadable({1, 7, {}, {}}), IsError(Code::kCorrupt));
  EXPECT_THAT(CheckReadable({1, 2, Names{"deletionVectors"}, {}}), IsError(Code::kCorrupt));
  EXPECT_THAT(CheckReadable({1, 2, {}, Names{"appendOnly"}}), IsError(Code::kCorrupt));
  EXPECT_THAT(CheckReadable({0, 2, {}, {}}), IsError(Code::kCorrupt));
  EXPECT_THAT(CheckReadable({1, -1, {}, {}}), IsError(Code::kCorrupt));
}

TEST(CheckReadable, AFeatureOfReadersStandsInBothLists) {
  const auto check = [](int reader, const Names& readers, const Names& writers) {
    Protocol protocol{reader, 7, {}, writers};
    if (reader == 3) protocol.reader_features = readers;
    return CheckReadable(protocol);
  };
  EXPECT_THAT(check(3, {"deletionVectors"}, {"appendOnly"}),
              IsError(Code::kCorrupt, "'deletionVectors' stands in readerFeatures alone"));
  EXPECT_THAT(check(3, {}, {"deletionVectors"}),
              IsError(Code::kCorrupt, "'deletionVectors' stands in writerFeatures alone"));
  EXPECT_THAT(check(1, {}, {"v2Checkpoint"}), IsError(Code::kCorrupt));
  EXPECT_THAT(check(2, {}, {"deletionVectors"}), IsError(Code::kCorrupt));
  EXPECT_THAT(check(3, {}, {"catalogManaged"}), IsError(Code::kCorrupt));
  EXPECT_THAT(check(3, {}, {"columnMapping"}), IsError(Code::kCorrupt));
  EXPECT_THAT(check(1, {}, {"columnMapping"}), IsError(Code::kCorrupt));
  // Reader version 2 means it.
  EXPECT_THAT(check(2, {}, {"columnMapping", "appendOnly"}), IsOk());
  // Those of writers alone.
  EXPECT_THAT(check(3, {},
                    {"rowTracking", "inCommitTimestamp", "domainMetadata", "clustering",
                     "materializePartitionColumns", "icebergCompatV2", "nobodyKnows"}),
              IsOk());
}

TEST(AdvancedFeatures, AreNamedAsInTheProtocol) {
  EXPECT_FALSE(AdvancedFeatures().any());
  EXPECT_THAT(AdvancedFeatures().Names(), IsEmpty());
  const AdvancedFeatures all{true, true, true, true, true};
  EXPECT_THAT(all.Names(), ElementsAre("deletionVectors", "columnMapping", "timestampNtz",
                                       "variantType", "typeWidening"));
  for (size_t i = 0; i < 5; ++i) {
    const AdvancedFeatures one{i == 0, i == 1, i == 2, i == 3, i == 4};
    EXPECT_TRUE(one.any());
    EXPECT_EQ(one.Names().size(), 1U);
  }
}

TEST(ServedProtocol, LeavesOutWhatConcernsTheLogAlone) {
  const Protocol served = ServedProtocol(
      WithFeatures({"v2Checkpoint", "deletionVectors", "vacuumProtocolCheck", "inCommitTimestamp",
                    "domainMetadata", "clustering", "rowTracking"}));
  EXPECT_EQ(served.min_reader_version, 3);
  EXPECT_EQ(served.min_writer_version, 7);
  EXPECT_THAT(served.reader_features, Optional(ElementsAre("deletionVectors", "rowTracking")));
  EXPECT_THAT(served.writer_features, Optional(ElementsAre("deletionVectors", "rowTracking")));
  EXPECT_FALSE(ServedProtocol({1, 2, {}, {}}).reader_features.has_value());
}

}  // namespace
}  // namespace sluice::delta
