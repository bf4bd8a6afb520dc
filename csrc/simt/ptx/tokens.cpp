#include "simt/ptx/tokens.h"

#include <cctype>

namespace lean::simt {
namespace {

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%';
}

bool continues_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) { tokens_.reserve(text.size() / 4); }

  std::vector<Token> run() {
    while (skip_blanks(), at_ < text_.size()) next();
    tokens_.push_back({Token::Kind::end, {}, line_});
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void add(Token::Kind kind, size_t from, size_t to) {
    tokens_.push_back({kind, text_.substr(from, to - from), line_});
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (peek() == '\n') {
        ++line_;
        ++at_;
      } else if (std::isspace(static_cast<unsigned char>(peek())) || peek() == '\0') {
        ++at_;
      } else if (peek() == '/' && peek(1) == '/') {
        while (at_ < text_.size() && peek() != '\n') ++at_;
      } else if (peek() == '/' && peek(1) == '*') {
        while (at_ < text_.size() && !(peek() == '*' && peek(1) == '/')) {
          if (peek() == '\n') ++line_;
          ++at_;
        }
        at_ += 2;
      } else {
        return;
      }
    }
  }

  void next() {
    const char c = peek();
    if (starts_word(c)) return word();
    if (c == '.' && (starts_word(peek(1)) || std::isdigit(static_cast<unsigned char>(peek(1))))) {
      return directive();
    }
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    if (c == '"') return string();
    add(Token::Kind::mark, at_, at_ + 1);
    ++at_;
  }

  void word() {
    const size_t from = at_++;
    while (continues_word(peek())) ++at_;
    // %tid.x is one name.
    const bool component = peek() == '.' && peek(1) >= 'w' && peek(1) <= 'z';
    if (text_[from] == '%' && component && !continues_word(peek(2))) at_ += 2;
    add(Token::Kind::word, from, at_);
  }

  void directive() {
    const size_t from = ++at_;
    // shared::cta, L2::cache_hint
    while (continues_word(peek()) || (peek() == ':' && peek(1) == ':')) {
      at_ += peek() == ':' ? 2 : 1;
    }
    add(Token::Kind::directive, from, at_);
  }

  void number() {
    const size_t from = at_;
    while (continues_word(peek()) || peek() == '.') {
      const bool exponent = (peek() == 'e' || peek() == 'E') && text_[from + 1] != 'x' &&
                            text_[from + 1] != 'f' && text_[from + 1] != 'd';
      ++at_;
      if (exponent && (peek() == '-' || peek() == '+')) ++at_;
    }
    add(Token::Kind::number, from, at_);
  }

  void string() {
    const size_t from = ++at_;
    while (at_ < text_.size() && peek() != '"') ++at_;
    add(Token::Kind::string, from, at_);
    ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view ptx) { return Tokenizer(ptx).run(); }

}  // namespace lean::simt
