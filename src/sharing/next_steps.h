// sharing/next_steps.h -- how a recipient's tools read what is shared, once config.share is there.
#pragma once

#include <string>
#include <string_view>

namespace sluice::sharing {

// HTML: a section that opens for each tool. `endpoint` is text, as in the profile.
std::string NextSteps(std::string_view endpoint);

}  // namespace sluice::sharing
