#include "storage/s3/profile_files.h"

#include <map>
#include <optional>

#include "base/testing/matchers.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using Values = std::map<std::string, std::string, std::less<>>;

Values ValuesOf(std::string_view text, ProfileFile kind, std::string_view name) {
  const Result<Profiles> profiles = ParseProfiles(text, kind);
  EXPECT_THAT(profiles, IsOk());
  if (!profiles) return {};
  const auto found = profiles->find(name);
  return found == profiles->end() ? Values{{"no such", "profile"}} : found->second.values;
}
Values InConfig(std::string_view text, std::string_view name) {
  return ValuesOf(text, ProfileFile::kConfig, name);
}
Values InCredentials(std::string_view text, std::string_view name) {
  return ValuesOf(text, ProfileFile::kCredentials, name);
}
const Values kNone = {{"no such", "profile"}};

TEST(ParseProfiles, ReadsSectionsAndProperties) {
  constexpr std::string_view kText =
      "\xef\xbb\xbf[default]\r\nregion=eu-west-1\r\n\r\n[profile  a b ]\r\nRole_ARN = x = y \r\n"
      "[profile 'quoted']\nregion = z";
  EXPECT_EQ(InConfig(kText, "default"), (Values{{"region", "eu-west-1"}}));
  EXPECT_EQ(InConfig(kText, "a b"), (Values{{"role_arn", "x = y"}}));
  EXPECT_EQ(InConfig(kText, "quoted"), (Values{{"region", "z"}}));
}

TEST(ParseProfiles, NamesDependOnTheFile) {
  constexpr std::string_view kText = "[a]\nk=1\n[profile b]\nk=2\n[sso-session c]\nno property\n";
  EXPECT_EQ(InConfig(kText, "a"), kNone);
  EXPECT_EQ(InConfig(kText, "b"), (Values{{"k", "2"}}));
  EXPECT_EQ(InConfig(kText, "c"), kNone);
  EXPECT_EQ(InCredentials("[a]\nk=1\n[profile b]\nk=2\n", "a"), (Values{{"k", "1"}}));
  EXPECT_EQ(InCredentials("[a]\nk=1\n[profile b]\nk=2\n", "b"), kNone);
  EXPECT_EQ(InCredentials("[a]\nk=1\n[profile b]\nk=2\n", "profile b"), kNone);
  EXPECT_EQ(InCredentials("[\"\"]\nk=1\n", ""), kNone) << "nobody can ask for it";
  EXPECT_EQ(InConfig("[profile '']\nk=1\n", ""), kNone);
}

TEST(ParseProfiles, TheLongNameOfTheDefaultCounts) {
  EXPECT_EQ(InConfig("[default]\na=1\n[profile default]\nb=2\n", "default"), (Values{{"b", "2"}}));
  EXPECT_EQ(InConfig("[profile default]\nb=2\n[default]\na=1\n", "default"), (Values{{"b", "2"}}));
}

TEST(ParseProfiles, TheLastValueCountsAndSectionsAreJoined) {
  constexpr std::string_view kText = "[a]\nk=1\nk=2\n[b]\nk=5\n[a]\nl=3\nk=4\n";
  EXPECT_EQ(InCredentials(kText, "a"), (Values{{"k", "4"}, {"l", "3"}}));
}

TEST(ParseProfiles, PassesOverComments) {
  constexpr std::string_view kText =
      "# before\n; all\n[a] # the first\n  # indented\nk = v # why\nl = v#w;x\nm = v ; y\n"
      "n = # nothing\n";
  EXPECT_EQ(InCredentials(kText, "a"), (Values{{"k", "v"}, {"l", "v#w;x"}, {"m", "v"}, {"n", ""}}));
}

TEST(ParseProfiles, PassesOverNestedProperties) {
  constexpr std::string_view kText =
      "[default]\ns3 =\n  max_concurrent_requests = 20\n\tregion = nested\n\n  [nested]\n"
      "region = outer\n";
  EXPECT_EQ(InConfig(kText, "default"), (Values{{"s3", ""}, {"region", "outer"}}));
}

TEST(ParseProfiles, AFileMayBeIndentedAsAWhole) {
  EXPECT_EQ(InConfig("  [default]\n  a = 1\n    nested = 2\n  b = 3\n", "default"),
            (Values{{"a", "1"}, {"b", "3"}}));
  EXPECT_EQ(InConfig("[default]\n  a = 1\n  b = 2\n", "default"), (Values{{"a", "1"}, {"b", "2"}}));
}

TEST(ParseProfiles, BrokenLinesAreNamedByNumberOnly) {
  for (const std::string_view text :
       {"\nsecret = 1\n", "[a\nsecret = 1\n", "[a] secret\n", "[a]\nsecret\n", "[a]\n= secret\n"}) {
    const Result<Profiles> profiles = ParseProfiles(text, ProfileFile::kCredentials);
    ASSERT_THAT(profiles, IsError(Code::kPermissionDenied, "broken line")) << text;
    EXPECT_TRUE(profiles.error().detail.starts_with("line ")) << profiles.error().detail;
    EXPECT_EQ((profiles.error().message + profiles.error().detail).find("secret"),
              std::string::npos);
  }
  const Result<Profiles> third = ParseProfiles("[a]\nk = 1\nbroken\n", ProfileFile::kConfig);
  EXPECT_THAT(third, IsOk()) << "the section is no profile of a configuration file";
  const Result<Profiles> fourth = ParseProfiles("[a]\n\nk = 1\nx\n", ProfileFile::kCredentials);
  ASSERT_FALSE(fourth.has_value());
  EXPECT_TRUE(fourth.error().detail.starts_with("line 4:")) << fourth.error().detail;
}

class LoadProfilesTest : public ::testing::Test {
 protected:
  Environment environment() {
    return [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::optional<std::string>() : found->second;
    };
  }
  storage::testing::TempFolder home_;
  std::map<std::string, std::string> variables_ = {{"HOME", home_.path().string()}};
};

TEST_F(LoadProfilesTest, WithoutFilesThereAreNone) {
  EXPECT_TRUE(LoadProfiles(environment()).value().empty());
  variables_.clear();
  EXPECT_TRUE(LoadProfiles(environment()).value().empty());
}

TEST_F(LoadProfilesTest, TheCredentialsFileComesFirst) {
  home_.Write(".aws/config", "[profile a]\nk = config\nregion = r\n");
  home_.Write(".aws/credentials", "[a]\nk = credentials\n");
  const Profiles profiles = LoadProfiles(environment()).value();
  EXPECT_EQ(profiles.at("a").values, (Values{{"k", "credentials"}, {"region", "r"}}));
  EXPECT_EQ(profiles.at("a").Value("nothing"), "");
}

TEST_F(LoadProfilesTest, VariablesNameOtherFiles) {
  home_.Write("c", "[default]\nk = c\n");
  home_.Write("d", "[default]\nl = d\n");
  home_.Write(".aws/config", "broken");
  variables_["AWS_CONFIG_FILE"] = (home_ / "c").string();
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = "~/d";
  EXPECT_EQ(LoadProfiles(environment()).value().at("default").values,
            (Values{{"k", "c"}, {"l", "d"}}));
  variables_["AWS_CONFIG_FILE"] = "/dev/null";
  EXPECT_EQ(LoadProfiles(environment()).value().at("default").values, (Values{{"l", "d"}}));
}

TEST_F(LoadProfilesTest, FilesThatCannotBeReadAreErrors) {
  home_.Write(".aws/credentials/file", "");
  const Result<Profiles> folder = LoadProfiles(environment());
  ASSERT_THAT(folder, IsError(Code::kPermissionDenied, "the shared credentials file"));
  EXPECT_EQ(folder.error().message.find("/tmp"), std::string::npos);
  EXPECT_NE(folder.error().detail.find(".aws/credentials"), std::string::npos);

  variables_["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/zero";
  EXPECT_THAT(LoadProfiles(environment()), IsError(Code::kPermissionDenied, "larger than a MiB"));
}

TEST_F(LoadProfilesTest, ABrokenFileIsNamedInTheDetail) {
  home_.Write(".aws/config", "[default]\nbroken\n");
  const Result<Profiles> profiles = LoadProfiles(environment());
  ASSERT_THAT(profiles, IsError(Code::kPermissionDenied));
  EXPECT_NE(profiles.error().detail.find(".aws/config: line 2"), std::string::npos)
      << profiles.error().detail;
}

TEST_F(LoadProfilesTest, OfAMiBIsStillRead) {
  const std::string text = "[default]\nk = v\n";
  home_.Write("f", text + std::string((1 << 20) - text.size(), '\n'));
  home_.Write("g", text + std::string((1 << 20) - text.size() + 1, '\n'));
  variables_["AWS_CONFIG_FILE"] = "~/f";
  EXPECT_THAT(LoadProfiles(environment()), IsOk());
  variables_["AWS_CONFIG_FILE"] = "~/g";
  EXPECT_THAT(LoadProfiles(environment()), IsError(Code::kPermissionDenied));
}

TEST_F(LoadProfilesTest, NamesOfProfiles) {
  EXPECT_EQ(ProfileName("", environment()), "default");
  variables_["AWS_PROFILE"] = "p";
  EXPECT_EQ(ProfileName("", environment()), "p");
  EXPECT_EQ(ProfileName("asked", environment()), "asked");
}

}  // namespace
}  // namespace sluice::storage
