#include "delta/version_checksum.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "delta/testing/test_table.h"
#include "storage/testing/memory_store.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::ChecksumText;
using ::testing::Eq;
using testing::kEmptySchema;
using testing::kMetadataLine;
using ::testing::Optional;

std::string Without(std::string text, std::string_view part) {
  return text.replace(text.find(part), part.size(), "");
}

std::string With(std::string text, std::string_view part, std::string_view other) {
  return text.replace(text.find(part), part.size(), other);
}

TEST(ParseChecksum, TellsWhatItSays) {
  const auto checksum = ParseChecksum(
      ChecksumText(3, 40,
                   R"(,"numDeletionVectorsOpt":2,"numDeletedRecordsOpt":7,"allFiles":[{"x":1}],)"
                   R"("inCommitTimestampOpt":99,"histogramOpt":{},"later":"unknown")") +
      "\n");
  ASSERT_TRUE(checksum.has_value());
  EXPECT_EQ(checksum->files, 3);
  EXPECT_EQ(checksum->bytes, 40);
  EXPECT_THAT(checksum->deletion_vectors, Optional(2));
  EXPECT_THAT(checksum->deleted_records, Optional(7));
  EXPECT_THAT(checksum->in_commit_timestamp, Optional(99));
  EXPECT_EQ(checksum->protocol.min_writer_version, 2);
  EXPECT_EQ(checksum->metadata.id, "t");
  const auto bare =
      ParseChecksum(ChecksumText(0, 0, R"(,"numDeletedRecordsOpt":null,"txnId":null)"));
  ASSERT_TRUE(bare.has_value());
  EXPECT_THAT(bare->deletion_vectors, Eq(std::nullopt));
  EXPECT_THAT(bare->deleted_records, Eq(std::nullopt));
  EXPECT_THAT(bare->in_commit_timestamp, Eq(std::nullopt));
}

TEST(ParseChecksum, OneThatIsNotSoundIsNone) {
  const std::string sound = ChecksumText(3, 40);
  ASSERT_TRUE(ParseChecksum(sound).has_value());
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("{}"), std::string("[]"), std::string("7"),
        sound + sound, sound.substr(0, sound.size() - 1), Without(sound, R"("numFiles":3,)"),
        Without(sound, R"("tableSizeBytes":40,)"), Without(sound, R"("numMetadata":1,)"),
        Without(sound, R"("numProtocol":1,)"), With(sound, R"("numFiles":3)", R"("numFiles":-3)"),
        With(sound, R"("numFiles":3)", R"("numFiles":"3")"),
        With(sound, R"("numMetadata":1)", R"("numMetadata":2)"),
        With(sound, R"("metadata":)", R"("metadata":null,"x":)"),
        With(sound, R"("protocol":)", R"("protocol":null,"x":)"),
        With(sound, R"("protocol":)", R"("protocol":[],"x":)"),
        With(sound, R"("minReaderVersion":1)", R"("minReaderVersion":"1")"),
        Without(sound, R"("id":"t",)")}) {
    EXPECT_FALSE(ParseChecksum(text).has_value()) << text;
  }
}

TEST(ReadChecksum, PassesOverWhatCannotBeRead) {
  storage::testing::MemoryStore store;
  const std::string key = "_delta_log/" + testing::ChecksumName(1);
  const auto listed = [&](const std::string& text) {
    store.Put(key, text);
    return ReadListing(store.List("_delta_log/", "").value());
  };
  const LogListing listing = listed(ChecksumText(3, 40));
  EXPECT_EQ(FindChecksum(listing, 0), nullptr);
  EXPECT_EQ(FindChecksum(listing, 2), nullptr);
  const ChecksumFile* file = FindChecksum(listing, 1);
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(ReadChecksum(store, *file).has_value());
  ChecksumFile large = *file;
  large.object.size = MiB(17);
  store.TakeRequests();
  EXPECT_FALSE(ReadChecksum(store, large).has_value());
  EXPECT_TRUE(store.TakeRequests().empty());
  store.before = [](const std::string&) -> Status { return Fail(Code::kUnavailable, "no"); };
  EXPECT_FALSE(ReadChecksum(store, *file).has_value());
  store.before = nullptr;
  store.Put(key, "{}");  // another one than was listed
  EXPECT_FALSE(ReadChecksum(store, *file).has_value());
}

// Two files of 10 bytes, one of them with a deletion vector that takes out three rows.
SnapshotParts Parts() {
  AddFile plain;
  plain.path = "a";
  plain.size = 10;
  AddFile shortened = plain;
  shortened.path = "b";
  shortened.deletion_vector = DeletionVector{'i', "x", std::nullopt, 4, 3};
  SnapshotParts parts;
  parts.version = 7;
  parts.metadata.id = "t";
  parts.metadata.schema_string = kEmptySchema;
  std::vector<FileChange> changes;
  for (AddFile& add : std::array{plain, shortened}) {
    changes.push_back(std::make_shared<const StoredFile>(StoreFile(std::move(add)).value()));
  }
  parts.files = LiveFiles().Apply(changes).value();
  return parts;
}

VersionChecksum Told() {
  const SnapshotParts parts = Parts();
  return {2, 20, 1, 3, std::nullopt, parts.protocol, parts.metadata};
}

Status Check(const VersionChecksum& checksum, SnapshotParts parts = Parts()) {
  return CheckAgainst(checksum, *TableSnapshot::Make(std::move(parts)).value());
}

TEST(CheckAgainst, TellsWhatDiffers) {
  ASSERT_THAT(Check(Told()), IsOk());
  const auto refused = [](std::string_view why, const auto& change) {
    VersionChecksum checksum = Told();
    change(checksum);
    EXPECT_THAT(Check(checksum),
                IsError(Code::kCorrupt, "the table's log contradicts its checksum at version 7: " +
                                            std::string(why)));
  };
  refused("2 files, the checksum says 3", [](auto& told) { told.files = 3; });
  refused("20 bytes, the checksum says 21", [](auto& told) { told.bytes = 21; });
  refused("1 deletion vectors, the checksum says 0", [](auto& told) { told.deletion_vectors = 0; });
  refused("3 deleted records, the checksum says 4", [](auto& told) { told.deleted_records = 4; });
  refused("another protocol", [](auto& told) { told.protocol.min_writer_version = 4; });
  refused("another protocol", [](auto& told) { told.protocol.writer_features = {{"new"}}; });
  refused("other metadata", [](auto& told) { told.metadata.id = "u"; });
  refused("other metadata", [](auto& told) { told.metadata.name = "n"; });
  refused("other metadata", [](auto& told) { told.metadata.partition_columns = {"p"}; });
  refused("other metadata", [](auto& told) { told.metadata.configuration["a"] = "b"; });
  refused("other metadata", [](auto& told) { told.metadata.schema_string = "{}"; });
  refused("other metadata", [](auto& told) { told.metadata.schema_string = "broken"; });
}

TEST(CheckAgainst, ComparesWhatIsMeant) {
  VersionChecksum checksum = Told();
  checksum.deletion_vectors.reset();
  checksum.deleted_records.reset();
  checksum.metadata.name = "";
  checksum.metadata.description = "";
  checksum.metadata.created_time = 5;
  checksum.metadata.schema_string = R"({ "fields" : [], "type":"struct"})";
  EXPECT_THAT(Check(checksum), IsOk());
  checksum.protocol.reader_features.emplace();
  EXPECT_THAT(Check(checksum), IsOk());
  SnapshotParts parts = Parts();
  parts.protocol = {
      3, 7, {{"timestampNtz", "deletionVectors"}}, {{"deletionVectors", "timestampNtz"}}};
  checksum.protocol = {
      3, 7, {{"deletionVectors", "timestampNtz"}}, {{"deletionVectors", "timestampNtz"}}};
  EXPECT_THAT(Check(checksum, std::move(parts)), IsOk());
}

}  // namespace
}  // namespace sluice::delta
