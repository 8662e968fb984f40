-- A sandbox account opened by an id the buyer made up has a brand_id made of it, which has to be one of AdCP's: lower-case letters, digits and _.
update accounts set brand_id = 'account_' || left(encode(sha256(convert_to(account_id, 'UTF8')), 'hex'), 16)
  where brand_domain = 'sandbox.example' and operator = 'sandbox.example' and brand_id = account_id;
