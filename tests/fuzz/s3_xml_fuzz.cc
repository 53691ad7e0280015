// What a store answers in XML: listings and errors. Any bytes are read or refused; a listing that
// is taken keeps its promises.
#include "fuzz.h"
#include "storage/s3/s3_xml.h"

using sluice::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = sluice::fuzz::View(data, size);
  const auto page = sluice::storage::ParseS3List(bytes, "t/");
  if (page.has_value()) {
    for (size_t i = 0; i < page->objects.size(); ++i) {
      const auto& object = page->objects[i];
      Require(object.key.starts_with("t/") && !object.tag.empty());
      Require(i == 0 || page->objects[i - 1].key < object.key);
    }
  }
  if (const auto error = sluice::storage::ParseS3Error(bytes)) {
    Require(!error->code.empty() && error->message.size() <= 300);
  }
  return 0;
}
