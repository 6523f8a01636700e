/* Reads the small expressions in the theme's markup without `eval`.

   The theme's pages say what they do in attributes (`x-on:click="open = !open"`), and Alpine turns such a text into a
   function with the Function constructor, which our content security policy forbids. This file gives Alpine another way:
   a parser for the part of JavaScript that attributes need, which walks its tree. It is a classic script, since it must
   be there before the deferred Alpine starts. */
(() => {
  "use strict";

  const TOKEN =
    /\s*(?:(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_$][\w$]*)|(=>|===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+=|-=|\+\+|--|[-+*/%<>=!?:;,.(){}[\]]))/y;
  const WORDS = new Map([["true", true], ["false", false], ["null", null], ["undefined", undefined]]);
  const BINARY = [
    { "||": (a, b) => a() || b(), "??": (a, b) => a() ?? b() },
    { "&&": (a, b) => a() && b() },
    {
      "===": (a, b) => a() === b(),
      "!==": (a, b) => a() !== b(),
      "==": (a, b) => a() == b(),
      "!=": (a, b) => a() != b(),
    },
    { "<": (a, b) => a() < b(), ">": (a, b) => a() > b(), "<=": (a, b) => a() <= b(), ">=": (a, b) => a() >= b() },
    { "+": (a, b) => a() + b(), "-": (a, b) => a() - b() },
    { "*": (a, b) => a() * b(), "/": (a, b) => a() / b(), "%": (a, b) => a() % b() },
  ];
  const UNARY = { "!": (value) => !value, "-": (value) => -value, "+": (value) => +value };

  function tokens(text) {
    const found = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const start = TOKEN.lastIndex;
      const match = TOKEN.exec(text);
      if (!match) throw new SyntaxError(`“${text.slice(start).trim()}” cannot be read in “${text}”`);
      const [, number, string, name, sign] = match;
      if (number !== undefined) found.push({ kind: "value", value: Number(number) });
      else if (string !== undefined) found.push({ kind: "value", value: unquoted(string) });
      else found.push(name !== undefined ? { kind: "name", text: name } : { kind: "sign", text: sign });
    }
    return found;
  }

  function unquoted(string) {
    return string.slice(1, -1).replace(/\\(.)/g, (_, sign) => ({ n: "\n", t: "\t" })[sign] ?? sign);
  }

  /* Each node is { get(scope), set?(scope, value), owner?(scope) }; `owner` is what a method is called on. */
  class Parser {
    constructor(text) {
      this.text = text;
      this.tokens = tokens(text);
      this.at = 0;
    }

    sees(text, ahead = 0) {
      const token = this.tokens[this.at + ahead];
      return token !== undefined && token.kind !== "value" && token.text === text;
    }

    takes(text) {
      if (!this.sees(text)) return false;
      this.at += 1;
      return true;
    }

    needs(text) {
      if (!this.takes(text)) throw new SyntaxError(`“${text}” is missing in “${this.text}”`);
    }

    name() {
      const token = this.tokens[this.at];
      if (token?.kind !== "name") throw new SyntaxError(`A name is missing in “${this.text}”`);
      this.at += 1;
      return token.text;
    }

    program() {
      return this.statements(() => this.at >= this.tokens.length);
    }

    statements(isOver) {
      const steps = [];
      while (!isOver()) {
        if (!this.takes(";")) steps.push(this.statement());
      }
      return { get: (scope) => steps.reduce((_, step) => step.get(scope), undefined) };
    }

    statement() {
      if (!this.takes("if")) return this.expression();
      this.needs("(");
      const condition = this.expression();
      this.needs(")");
      const then = this.branch();
      this.takes(";");
      const otherwise = this.takes("else") ? this.branch() : { get: () => undefined };
      return { get: (scope) => (condition.get(scope) ? then : otherwise).get(scope) };
    }

    branch() {
      if (!this.takes("{")) return this.statement();
      const block = this.statements(() => this.sees("}"));
      this.needs("}");
      return block;
    }

    expression() {
      if (this.isArrow()) return this.arrow();
      const left = this.conditional();
      if (this.takes("=")) return this.assignment({ ...left, get: () => undefined }, this.expression(), (_, value) => value);
      if (this.takes("+=")) return this.assignment(left, this.expression(), (old, value) => old + value);
      if (this.takes("-=")) return this.assignment(left, this.expression(), (old, value) => old - value);
      if (this.takes("++")) return this.assignment(left, { get: () => 1 }, (old, value) => old + value);
      if (this.takes("--")) return this.assignment(left, { get: () => 1 }, (old, value) => old - value);
      return left;
    }

    assignment(target, source, combine) {
      if (!target.set) throw new SyntaxError(`Nothing can be assigned to in “${this.text}”`);
      return { get: (scope) => target.set(scope, combine(target.get(scope), source.get(scope))) };
    }

    isArrow() {
      if (this.tokens[this.at]?.kind === "name" && this.sees("=>", 1)) return true;
      if (!this.sees("(")) return false;
      let ahead = 1;
      while (this.tokens[this.at + ahead]?.kind === "name" || this.sees(",", ahead)) ahead += 1;
      return this.sees(")", ahead) && this.sees("=>", ahead + 1);
    }

    arrow() {
      const names = [];
      if (this.takes("(")) {
        while (!this.takes(")")) {
          names.push(this.name());
          this.takes(",");
        }
      } else names.push(this.name());
      this.needs("=>");
      const body = this.branch();
      return { get: (scope) => (...values) => body.get(inner(scope, names, values)) };
    }

    conditional() {
      const condition = this.binary(0);
      if (!this.takes("?")) return condition;
      const then = this.expression();
      this.needs(":");
      const otherwise = this.expression();
      return { get: (scope) => (condition.get(scope) ? then : otherwise).get(scope) };
    }

    binary(level) {
      if (level === BINARY.length) return this.unary();
      let left = this.binary(level + 1);
      for (let sign = this.sign(BINARY[level]); sign; sign = this.sign(BINARY[level])) {
        const [first, second, act] = [left, this.binary(level + 1), BINARY[level][sign]];
        left = { get: (scope) => act(() => first.get(scope), () => second.get(scope)) };
      }
      return left;
    }

    sign(signs) {
      const token = this.tokens[this.at];
      if (token?.kind !== "sign" || !Object.hasOwn(signs, token.text)) return "";
      this.at += 1;
      return token.text;
    }

    unary() {
      const sign = this.sign(UNARY);
      if (!sign) return this.member();
      const operand = this.unary();
      return { get: (scope) => UNARY[sign](operand.get(scope)) };
    }

    member() {
      let node = this.primary();
      for (;;) {
        if (this.takes(".")) node = property(node, constant(this.name()));
        else if (this.takes("?.")) node = property(node, constant(this.name()), true);
        else if (this.takes("[")) {
          node = property(node, this.expression());
          this.needs("]");
        } else if (this.takes("(")) node = call(node, this.list(")"));
        else return node;
      }
    }

    primary() {
      const token = this.tokens[this.at];
      if (token?.kind === "value") {
        this.at += 1;
        return constant(token.value);
      }
      if (this.takes("(")) {
        const node = this.expression();
        this.needs(")");
        return node;
      }
      if (this.takes("[")) {
        const items = this.list("]");
        return { get: (scope) => items.map((item) => item.get(scope)) };
      }
      if (this.takes("{")) return this.object();
      const name = this.name();
      return WORDS.has(name) ? constant(WORDS.get(name)) : variable(name);
    }

    list(end) {
      const items = [];
      while (!this.takes(end)) {
        items.push(this.expression());
        if (!this.sees(end)) this.needs(",");
      }
      return items;
    }

    object() {
      const entries = [];
      while (!this.takes("}")) {
        const token = this.tokens[this.at++];
        const key = token.kind === "value" ? token.value : token.text;
        entries.push([key, this.takes(":") ? this.expression() : variable(key)]);
        if (!this.sees("}")) this.needs(",");
      }
      return { get: (scope) => Object.fromEntries(entries.map(([key, node]) => [key, node.get(scope)])) };
    }
  }

  function constant(value) {
    return { get: () => value };
  }

  function variable(name) {
    return {
      get: (scope) => {
        if (name in scope) return scope[name];
        if (name in globalThis) return globalThis[name];
        throw new ReferenceError(`${name} is not defined`);
      },
      set: (scope, value) => (scope[name] = value),
      owner: (scope) => (name in scope ? scope : undefined),
    };
  }

  function property(of, key, isOptional = false) {
    return {
      get: (scope) => {
        const whole = of.get(scope);
        return isOptional && (whole === null || whole === undefined) ? undefined : whole[key.get(scope)];
      },
      set: (scope, value) => (of.get(scope)[key.get(scope)] = value),
      owner: (scope) => of.get(scope),
    };
  }

  function call(node, values) {
    return {
      get: (scope) => Reflect.apply(node.get(scope), node.owner?.(scope), values.map((value) => value.get(scope))),
    };
  }

  function inner(scope, names, values) {
    const own = names.map((name, at) => [name, { value: values[at], writable: true, enumerable: true }]);
    return Object.create(scope, Object.fromEntries(own));
  }

  const known = new Map();

  function program(text) {
    if (!known.has(text)) known.set(text, new Parser(text).program());
    return known.get(text);
  }

  /* What Alpine does with a value: a function is called, a promise is waited for, anything else is handed on. */
  function hand(receiver, value, scope, params) {
    if (typeof value === "function") hand(receiver, value.apply(scope, params), scope, params);
    else if (value instanceof Promise) value.then((later) => receiver(later));
    else receiver(value);
  }

  function evaluator(element, expression) {
    const stack = window.Alpine.closestDataStack(element);
    return (receiver = () => {}, { scope = {}, params = [] } = {}) => {
      const whole = window.Alpine.mergeProxies([scope, ...stack]);
      try {
        const value = typeof expression === "function" ? expression.apply(whole, params) : program(expression).get(whole);
        hand(receiver, value, whole, params);
      } catch (error) {
        error.message = `${error.message} (in “${expression}”)`;
        setTimeout(() => {
          throw error;
        });
      }
    };
  }

  document.addEventListener("alpine:init", () => window.Alpine.setEvaluator(evaluator));
})();
