// Everything that is wrong in a YAML file, one line each.
#pragma once

#include <absl/status/status.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "cli/yaml_tree.h"

namespace windrow::cli {

class YamlFaults {
 public:
  explicit YamlFaults(std::string_view file) : file_(file) {}

  // `field` may be empty: the fault is the whole document's.
  void Add(const YamlPlace& place, std::string_view field, std::string_view rule) {
    if (count_++ >= kMost) return;
    text_ +=
        fmt::format("{}{}:{}:{}: {}{}{}", text_.empty() ? "" : "\n", file_, place.line,
                    place.column, field, field.empty() ? "" : ": ", rule);
  }

  // No more are told: there is no need to look for them.
  bool full() const { return count_ > kMost; }

  absl::Status ToStatus() const {
    if (count_ == 0) return absl::OkStatus();
    if (count_ <= kMost) return absl::InvalidArgumentError(text_);
    return absl::InvalidArgumentError(text_ + "\nand more");
  }

 private:
  static constexpr int kMost = 100;
  const std::string_view file_;
  std::string text_;
  int count_ = 0;
};

}  // namespace windrow::cli
