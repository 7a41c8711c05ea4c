// What `windrow` exits with. Scripts rely on these; they are documented in --help and in
// docs/.
#pragma once

namespace windrow::cli {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,   // wrong flags or arguments: nothing was done
  kPartly = 3,  // --keep-going: some were refused
  kNotFound = 4,
  kUnavailable = 5,  // the server could not be reached, or did not answer in time
  kDiffers = 6,      // apply --dry-run: something would change
};

}  // namespace windrow::cli
