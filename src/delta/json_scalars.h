// delta/json_scalars.h -- a few values out of a JSON object, the rest passed over: of statistics,
// and of partition values.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::delta {

struct Scalar {
  enum class Kind {
    kMissing,
    kNull,
    kText,
    kNumber,
    kBool,
    kOdd,  // an object, an array, or there twice
  };
  Kind kind = Kind::kMissing;
  std::string_view text;  // without quotes and escapes; valid until the next Read
};

class JsonScalars {
 public:
  using Path = std::vector<std::string>;  // names, from the outermost object in

  explicit JsonScalars(const std::vector<Path>& paths);
  ~JsonScalars();
  JsonScalars(const JsonScalars&) = delete;
  JsonScalars& operator=(const JsonScalars&) = delete;

  // Looks for all paths. False: the text is not JSON as far as it had to be read, or too long;
  // nothing is known then.
  bool Read(std::string_view text);
  // What stands at the path with this index.
  const Scalar& at(size_t index) const { return scalars_[index]; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::vector<Scalar> scalars_;
};

}  // namespace sluice::delta
