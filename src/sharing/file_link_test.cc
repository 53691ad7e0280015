#include "sharing/file_link.h"

#include "base/encoding.h"
#include "base/testing/matchers.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;

constexpr std::string_view kBase = "http://127.0.0.1:8080/delta-sharing";
const std::string kMaster(32, 'k');

LinkGrant Grant() {
  return {"recipient:0123456789abcdef", "0b0e8c5e-9a0c-5b1f-8a36-0d8a3c5f1e2d", 7,
          FromUnixMillis(1'700'000'000'000), std::chrono::seconds(3600)};
}

// The two parts of a link that come back in a request.
struct Parts {
  std::string payload;
  std::string name;
  std::string signature;
};

Parts Split(const std::string& link) {
  const std::string head = std::string(kBase) + "/files/";
  EXPECT_TRUE(link.starts_with(head)) << link;
  const size_t slash = link.find('/', head.size());
  const size_t query = link.find("?X-Databricks-Signature=");
  return {link.substr(head.size(), slash - head.size()), link.substr(slash + 1, query - slash - 1),
          link.substr(query + 24)};
}

std::string Write(const LinkKey& key, std::string_view file, std::optional<uint64_t> size) {
  std::string link;
  LinkWriter(key, Grant(), kBase).Append(file, size, ".parquet", link);
  return link;
}

TEST(FileLink, WhatIsWrittenIsReadBack) {
  const LinkKey key(kMaster);
  for (const std::string file : {"part-0.parquet", "a%20b/c=d/part-1.parquet", "x", ""}) {
    const Parts parts = Split(Write(key, file, 573));
    const Result<LinkTarget> target = key.Verify(parts.payload, parts.signature);
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->file, file);
    EXPECT_EQ(target->location, "");
    EXPECT_EQ(target->size, 573U);
    EXPECT_EQ(target->grant.principal, Grant().principal);
    EXPECT_EQ(target->grant.object, Grant().object);
    EXPECT_EQ(target->grant.version, 7);
    EXPECT_EQ(target->grant.expires(), Grant().issued + std::chrono::hours(1));
  }
  const Parts parts = Split(Write(key, "dv.bin", std::nullopt));
  EXPECT_EQ(key.Verify(parts.payload, parts.signature)->size, std::nullopt);
}

TEST(FileLink, AFilterIsTakenAlong) {
  const LinkKey key(kMaster);
  const std::string place = key.NameOf("/data");
  LinkGrant grant = Grant();
  for (int i = 0; i < 3; ++i) {  // whatever the padding
    grant.principal += 'x';
    for (const std::string& location : {std::string(), place}) {
      for (const std::string& filter : {std::string(), std::string(64, 'f'), std::string("g")}) {
        grant.filter = filter;
        std::string link;
        LinkWriter(key, grant, kBase, location).Append("a%20b/p", 573, ".parquet", link);
        const Parts parts = Split(link);
        const Result<LinkTarget> target = key.Verify(parts.payload, parts.signature);
        ASSERT_TRUE(target.has_value());
        EXPECT_EQ(target->location, location);
        EXPECT_EQ(target->grant.filter, LinkKey::ShortHash(filter));
        EXPECT_EQ(target->file, "a%20b/p");
        EXPECT_EQ(target->size, 573U);
      }
    }
  }
  EXPECT_EQ(LinkKey::ShortHash(""), "");
  EXPECT_NE(LinkKey::ShortHash("f"), LinkKey::ShortHash("g"));
}

// Links that are out already stay good.
TEST(FileLink, TheTextOfALinkToAWholeTableStays) {
  const Parts parts = Split(Write(LinkKey(kMaster), "part-0.parquet", 573));
  EXPECT_EQ(parts.payload,
            "c4Diz6oGkBwHGnJlY2lwaWVudDowMTIzNDU2Nzg5YWJjZGVmJDBiMGU4YzVlLTlhMGMtNWIxZi04YTM2LTBkOG"
            "EzYzVmMWUyZAEAvgRwYXJ0LTAucGFycXVldA");
}

TEST(FileLink, AFileBelowAnExternalLocationIsNamedWithoutItsPlace) {
  const LinkKey key(kMaster);
  const std::string name = key.NameOf("/data/secret-place");
  EXPECT_EQ(name.size(), 8U);
  LinkGrant grant = Grant();
  for (int i = 0; i < 3; ++i) {  // whatever the padding
    grant.principal += 'x';
    std::string link;
    LinkWriter(key, grant, kBase, name).Append("a%20b/p", 573, ".parquet", link);
    const Parts parts = Split(link);
    const Result<LinkTarget> target = key.Verify(parts.payload, parts.signature);
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->location, name);
    EXPECT_EQ(target->file, "a%20b/p");
    EXPECT_EQ(target->size, 573U);
    EXPECT_EQ(target->grant.object, grant.object);
    EXPECT_EQ(DecodeBase64Url(parts.payload)->find("secret"), std::string::npos);
  }
  // Nothing that a log can say makes such a name.
  const Parts parts = Split(Write(key, '/' + name + "/p", 573));
  EXPECT_EQ(key.Verify(parts.payload, parts.signature)->location, "");
}

// Links that were made before an upgrade stay good after it.
TEST(FileLink, IsMadeAsItAlwaysWas) {
  EXPECT_EQ(Write(LinkKey(kMaster), "part-0.parquet", 573),
            "http://127.0.0.1:8080/delta-sharing/files/"
            "c4Diz6oGkBwHGnJlY2lwaWVudDowMTIzNDU2Nzg5YWJjZGVmJDBiMGU4YzVlLTlhMGMtNWIxZi04YTM2LTBk"
            "OGEzYzVmMWUyZAEAvgRwYXJ0LTAucGFycXVldA/c_83U_VCljtg.parquet?X-Databricks-Signature="
            "c_83U_VCljtggCF9WAPC7meBL8WTsVfW");
}

TEST(FileLink, NamesOfLocationsAreStableAndOfOneKey) {
  const LinkKey key(kMaster);
  EXPECT_EQ(key.NameOf("s3://lake"), LinkKey(kMaster).NameOf("s3://lake"));
  EXPECT_NE(key.NameOf("s3://lake"), key.NameOf("s3://lake2"));
  EXPECT_NE(key.NameOf("s3://lake"), LinkKey(std::string(32, 'q')).NameOf("s3://lake"));
}

TEST(FileLink, HoldsOnlyCharactersThatNoClientQuotes) {
  const LinkKey key(kMaster);
  const Parts parts = Split(Write(key, "a b/\xc3\xa9%25?&=#.parquet", 1));
  for (const std::string& part : {parts.payload, parts.name, parts.signature}) {
    EXPECT_EQ(PercentEncode(part), part);
  }
}

TEST(FileLink, AnyPrincipalLengthKeepsTheCommonPartWhole) {
  const LinkKey key(kMaster);
  LinkGrant grant = Grant();
  for (int i = 0; i < 7; ++i) {
    grant.principal += 'x';
    LinkWriter writer(key, grant, kBase);
    std::string link;
    writer.Append("f.parquet", 1, ".parquet", link);
    const Parts parts = Split(link);
    const Result<LinkTarget> target = key.Verify(parts.payload, parts.signature);
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->grant.principal, grant.principal);
    EXPECT_EQ(target->file, "f.parquet");
  }
}

TEST(FileLink, AlteredLinksAreRefused) {
  const LinkKey key(kMaster);
  const Parts parts = Split(Write(key, "part-0.parquet", 573));
  for (size_t i = 0; i < parts.payload.size(); ++i) {
    std::string altered = parts.payload;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(key.Verify(altered, parts.signature), IsError(Code::kPermissionDenied)) << i;
  }
  for (size_t i = 0; i < parts.signature.size(); ++i) {
    std::string altered = parts.signature;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_THAT(key.Verify(parts.payload, altered), IsError(Code::kPermissionDenied)) << i;
    EXPECT_THAT(key.Verify(parts.payload, parts.signature.substr(0, i)),
                IsError(Code::kPermissionDenied));
  }
  EXPECT_THAT(key.Verify("", ""), IsError(Code::kPermissionDenied));
  EXPECT_THAT(LinkKey(std::string(32, 'q')).Verify(parts.payload, parts.signature),
              IsError(Code::kPermissionDenied));
}

TEST(FileLink, OneWriterSignsManyFilesLikeManyWriters) {
  const LinkKey key(kMaster);
  LinkWriter writer(key, Grant(), kBase);
  for (const std::string file : {"a.parquet", "bb.parquet", "ccc.parquet"}) {
    std::string link = "kept:";
    writer.Append(file, 5, ".parquet", link);
    EXPECT_EQ(link, "kept:" + Write(key, file, 5));
  }
}

}  // namespace
}  // namespace sluice::sharing
