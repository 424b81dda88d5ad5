-- Does what it is told on standard input, one request a line, and answers on standard output.
-- Runs in every Neovim since 0.7, and goes through the commands that a user has wherever it can.

local DEADLINE = 60000 -- milliseconds

local function wait(what, condition)
  if not vim.wait(DEADLINE, condition, 10) then error(what .. ' did not happen', 0) end
end

local function clients()
  return vim.tbl_values((vim.lsp.get_clients or vim.lsp.get_active_clients)())
end

local function servers()
  return vim.tbl_filter(function(client) return client.name == 'k8s-lsp' end, clients())
end

-- What was a function of a client has become a method.
local function call(client, name, ...)
  if vim.fn.has('nvim-0.11') == 1 then return client[name](client, ...) end
  return client[name](...)
end

-- A column that counts code points, from 1, of a byte of a line that counts from 0.
local function column(row, byte)
  local text = vim.api.nvim_buf_get_lines(0, row, row + 1, false)[1] or ''
  return vim.fn.strchars(text:sub(1, byte)) + 1
end

local function go(request)
  local text = vim.fn.getline(request.line)
  vim.api.nvim_win_set_cursor(0, { request.line, #vim.fn.strcharpart(text, 0, request.column - 1) })
end

local function findings()
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(0)) do
    local place = ('%d:%d-%d'):format(
      each.lnum + 1, column(each.lnum, each.col), column(each.end_lnum, each.end_col))
    table.insert(found, each.code and place .. ' ' .. each.code or place)
  end
  table.sort(found)
  return found
end

local function floats()
  return vim.tbl_filter(function(window)
    return vim.api.nvim_win_get_config(window).relative ~= ''
  end, vim.api.nvim_list_wins())
end

-- Since 0.10 Neovim asks for diagnostics, but not again when something else than the text changes.
local function ask_again()
  if vim.fn.has('nvim-0.10') == 1 then vim.cmd('silent edit') end
end

local answers = {}

function answers.open(request)
  local shown_before = vim.fn.bufloaded(request.path) == 1
  vim.cmd('silent edit ' .. vim.fn.fnameescape(request.path))
  if shown_before then ask_again() end
  wait('a connection', function() return #servers() > 0 and servers()[1].initialized end)
  assert(#servers() == 1, 'one server is enough for all files')
end

function answers.findings(request)
  vim.wait(DEADLINE, function() return vim.deep_equal(findings(), request.expected) end, 10)
  return findings()
end

function answers.errors()
  -- Between two requests nothing is handled that another server says.
  vim.wait(100)
  local errors = vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
  return vim.tbl_map(function(each) return each.source end, errors)
end

function answers.hover(request)
  go(request)
  vim.lsp.buf.hover()
  wait('a hover', function() return #floats() > 0 end)
  local shown = floats()[1]
  local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(shown), 0, -1, false)
  vim.api.nvim_win_close(shown, true)
  return table.concat(lines, '\n')
end

function answers.follow(request)
  go(request)
  local before = vim.api.nvim_win_get_cursor(0)
  vim.lsp.buf.definition()
  wait('a jump', function() return not vim.deep_equal(before, vim.api.nvim_win_get_cursor(0)) end)
  local row, byte = unpack(vim.api.nvim_win_get_cursor(0))
  return ('%d:%d'):format(row, column(row - 1, byte))
end

function answers.choose(request)
  go(request)
  local titles
  vim.ui.select = function(actions, _, choose)
    titles = {}
    local chosen, place
    for index, each in ipairs(actions) do
      -- What the menu holds has changed from version to version; the title of an action has not.
      local action = each.action or each[2] or each
      table.insert(titles, action.title)
      if action.title == request.title then chosen, place = each, index end
    end
    choose(chosen, place)
  end
  local before = vim.api.nvim_buf_get_changedtick(0)
  vim.lsp.buf.code_action()
  wait('a menu', function() return titles ~= nil end)
  if request.title ~= vim.NIL and vim.tbl_contains(titles, request.title) then
    wait(request.title, function() return vim.api.nvim_buf_get_changedtick(0) ~= before end)
  end
  return titles
end

function answers.completions(request)
  go(request)
  -- Every client counts in its own units, but up to the cursor these texts are ASCII.
  assert(not vim.fn.getline(request.line):find('[\128-\255]'))
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(),
    position = { line = request.line - 1, character = request.column - 1 },
  }
  local buffer, labels = vim.api.nvim_get_current_buf(), {}
  for _, client in ipairs(clients()) do
    if client.initialized then
      local found = call(client, 'request_sync', 'textDocument/completion', params, DEADLINE, buffer)
      local result = found and found.result or {}
      for _, item in ipairs(result.items or result) do table.insert(labels, item.label) end
    end
  end
  return labels
end

function answers.lenses(request)
  local buffer, titles = vim.api.nvim_get_current_buf(), {}
  vim.lsp.codelens.refresh({ bufnr = buffer })
  wait('a lens', function() return #vim.lsp.codelens.get(buffer) > 0 end)
  for _, each in ipairs(vim.lsp.codelens.get(buffer)) do
    table.insert(titles, each.command.title)
  end
  if request.line ~= vim.NIL then
    local before = vim.api.nvim_buf_get_changedtick(buffer)
    vim.api.nvim_win_set_cursor(0, { request.line, 0 })
    vim.lsp.codelens.run()
    wait('a change', function() return vim.api.nvim_buf_get_changedtick(buffer) ~= before end)
  end
  return titles
end

function answers.hints()
  vim.lsp.inlay_hint.enable(true, { bufnr = 0 })
  local shown = {}
  wait('a hint', function() return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0 end)
  for _, each in ipairs(vim.lsp.inlay_hint.get({ bufnr = 0 })) do
    local parts = {}
    for _, part in ipairs(each.inlay_hint.label) do table.insert(parts, part.value) end
    local line = each.inlay_hint.position.line + 1
    table.insert(shown, ('%d: %s'):format(line, table.concat(parts)))
  end
  return shown
end

-- As a plugin asks for them.
function answers.links()
  local params = { textDocument = vim.lsp.util.make_text_document_params() }
  local buffer, shown = vim.api.nvim_get_current_buf(), {}
  local found = call(servers()[1], 'request_sync', 'textDocument/documentLink', params, DEADLINE, buffer)
  for _, each in ipairs(found.result) do
    table.insert(shown, ('%d: %s'):format(each.range.start.line + 1, each.target))
  end
  return shown
end

function answers.follow_link(request)
  go(request)
  local before = vim.api.nvim_buf_get_name(0)
  vim.api.nvim_feedkeys('gx', 'mtx', false)
  wait('a page', function() return vim.api.nvim_buf_get_name(0) ~= before end)
  local page = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(0), ':t')
  return ('%s:%d'):format(page, vim.api.nvim_win_get_cursor(0)[1])
end

function answers.write_line(request)
  vim.api.nvim_buf_set_lines(0, request.line - 1, request.line, true, { request.text })
end

-- Types at the end of the text, and gives the rules of what is shown at each pause: behind each
-- key, or where the key is one of `pauses`. A pause is a question, answered behind what was typed.
function answers.type(request)
  vim.bo.autoindent, vim.bo.indentexpr, vim.bo.indentkeys = false, '', ''
  local seen = {}
  for key in request.text:gmatch('.') do
    vim.api.nvim_win_set_cursor(0, { vim.fn.line('$'), 0 })
    vim.api.nvim_feedkeys('A' .. (key == '\n' and '\r' or key), 'ntx', false)
    if request.pauses == '' or request.pauses:find(key, 1, true) then
      for _ = 1, 2 do
        -- What was pushed by then has come before the second answer.
        call(servers()[1], 'request_sync', 'textDocument/hover', {
          textDocument = vim.lsp.util.make_text_document_params(),
          position = { line = 0, character = 0 },
        }, DEADLINE, vim.api.nvim_get_current_buf())
      end
      local codes = {}
      for _, each in ipairs(vim.diagnostic.get(0)) do table.insert(codes, each.code) end
      table.insert(seen, codes)
    end
  end
  return seen
end

function answers.save()
  vim.cmd('silent write')
end

function answers.configure(request)
  local settings = { ['k8s-lsp'] = request.settings }
  local asked = false
  local answer = vim.lsp.handlers['workspace/configuration']
  vim.lsp.handlers['workspace/configuration'] = function(...)
    asked = true
    return answer(...)
  end
  local client = servers()[1]
  client.config.settings = settings
  client.settings = settings
  call(client, 'notify', 'workspace/didChangeConfiguration', { settings = settings })
  if vim.fn.has('nvim-0.10') == 1 then
    wait('a question about settings', function() return asked end)
    -- The server takes up the answer before it answers something that it is asked later.
    call(client, 'request_sync', 'textDocument/hover', {
      textDocument = vim.lsp.util.make_text_document_params(),
      position = { line = 0, character = 0 },
    }, DEADLINE, vim.api.nvim_get_current_buf())
  end
  ask_again()
end

for line in io.lines() do
  local request = vim.json.decode(line)
  local ok, result = xpcall(answers[request['do']], debug.traceback, request)
  local answer = ok and { result = result == nil and vim.NIL or result } or { error = result }
  io.stdout:write(vim.json.encode(answer) .. '\n')
  io.stdout:flush()
end
vim.cmd('qall!')
