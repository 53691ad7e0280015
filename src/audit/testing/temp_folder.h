// audit/testing/temp_folder.h -- a folder that lives as long as a test.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::audit::testing {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-audit-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  // The log's own folder, which Open makes.
  std::string log() const { return (root_ / "audit").string(); }

  // The segments, in their order.
  std::vector<std::filesystem::path> Segments() const {
    std::vector<std::filesystem::path> found;
    if (!std::filesystem::exists(log())) return found;
    for (const auto& file : std::filesystem::directory_iterator(log())) {
      if (file.path().extension() == ".jsonl") found.push_back(file.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  static std::string Read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void Write(const std::filesystem::path& file, std::string_view bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }
  static std::vector<std::string> Lines(const std::filesystem::path& file) {
    std::vector<std::string> lines;
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  static void WriteLines(const std::filesystem::path& file, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    Write(file, text);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace sluice::audit::testing
