// Texts as YAML's scalars, so that reading gives them back byte for byte.
#pragma once

#include <string>
#include <string_view>

namespace windrow::cli {

// Plain where that is safe in block style, else in double quotes. UTF-8.
std::string YamlText(std::string_view text);
// The same inside of [ … ] and { … }.
std::string YamlFlowText(std::string_view text);
// As the above, but several lines become a literal block, each line behind `indent`.
std::string YamlBlockText(std::string_view text, const std::string& indent);

// The number grammar of JSON (RFC 8259, 6).
bool IsJsonNumber(std::string_view text);
// A plain scalar that JSON or some reader of YAML takes for something else than text: 9,
// true, yes, 0x1F, ~.
bool LooksLikeOtherThanText(std::string_view plain);

}  // namespace windrow::cli
